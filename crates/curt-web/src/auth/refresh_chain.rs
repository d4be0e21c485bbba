//! Refresh tokens that follow from each other: the secret decides which token comes after a given
//! one.
//!
//! So a token that is sent a second time within the grace period gives the same successor and
//! starts no second chain; only hashes have to be stored for that. Without the secret, an attacker
//! who knows earlier tokens cannot compute the next.

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
