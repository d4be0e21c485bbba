//! Refresh tokens that follow from each other: which one comes after a token is decided by the secret.
//!
//! So whoever sends a token a second time within the grace gets what the first got, and not a line of
//! tokens of their own; nothing has to be kept for that but hashes. Nobody without the secret can tell
//! the next token, whatever they know of those before.

use std::fmt;

use curt_domain::{SecretKey, Token};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

#[derive(Clone)]
pub(crate) struct Successors(Hmac<Sha256>);

impl Successors {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        let key = secret.derive("curt refresh tokens");
        Self(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn of(&self, token: &Token) -> Token {
        let mac = self.0.clone().chain_update(token.as_str()).finalize().into_bytes();
        Token::from_random(mac.into())
    }
}

impl fmt::Debug for Successors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Successors(…)")
    }
}

#[cfg(test)]
mod tests;
