//! Refresh tokens that follow from each other: which one comes after a token is decided by the
//! secret.
//!
//! So whoever sends a token a second time within the grace gets what the first got, and not a line
//! of tokens of their own; nothing has to be kept for that but hashes. Nobody without the secret
//! can tell the next token, whatever they know of those before.

use curt_domain::{SecretKey, Token};

use super::mac::Mac;

#[derive(Debug, Clone)]
pub(crate) struct RefreshChain(Mac);

impl RefreshChain {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        Self(Mac::new(secret, "curt refresh tokens"))
    }

    pub(crate) fn of(&self, token: &Token) -> Token {
        Token::from_random(self.0.sign(token.as_str().as_bytes()))
    }
}

#[cfg(test)]
mod tests;
