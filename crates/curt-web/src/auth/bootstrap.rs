//! The one-time link that makes the first administrator; reading the data directory suffices.

use std::time::Duration;

use curt_domain::{Timestamp, Token, TokenHash};
use tokio_util::sync::CancellationToken;

use super::random::random;

/// How long the link is valid after the start that made it.
pub const BOOTSTRAP_AGE_MAX: Duration = Duration::from_mins(30);

/// The hash that recognises the link; the link itself is only in its file.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    token: TokenHash,
    until: Timestamp,
    /// Cancelled once the link has been used.
    pub used: CancellationToken,
}

impl Bootstrap {
    /// A new one, with the token for the link.
    pub fn new(now: Timestamp) -> (Self, Token) {
        let token = Token::from_random(random());
        let until = now.plus(BOOTSTRAP_AGE_MAX);
        (Self { token: token.hash(), until, used: CancellationToken::new() }, token)
    }

    /// Whether the token is right and still valid. Comparing hashes leaks nothing through timing.
    pub(crate) fn admits(&self, token: &Token, now: Timestamp) -> bool {
        self.token == token.hash() && self.is_open(now)
    }

    /// Whether there still is a valid token.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.until && !self.used.is_cancelled()
    }
}
