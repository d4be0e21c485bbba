//! The one-time link that makes the first administrator: whoever can read the data directory may.

use std::time::Duration;

use curt_domain::{Timestamp, Token, TokenHash};
use tokio_util::sync::CancellationToken;

use super::random::random;

/// How long the link is good for after the start that made it.
pub const BOOTSTRAP_AGE_MAX: Duration = Duration::from_mins(30);

/// What the link is recognised by; the link itself is only in its file.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    token: TokenHash,
    until: Timestamp,
    /// Told once it has been used.
    pub used: CancellationToken,
}

impl Bootstrap {
    /// A new one, with the token that goes into the link.
    pub fn new(now: Timestamp) -> (Self, Token) {
        let token = Token::from_random(random());
        let until = now.plus(BOOTSTRAP_AGE_MAX);
        (Self { token: token.hash(), until, used: CancellationToken::new() }, token)
    }

    /// Whether this is the token, and still good. Hashes are compared, so no time tells anything.
    pub(crate) fn admits(&self, token: &Token, now: Timestamp) -> bool {
        self.token == token.hash() && self.is_open(now)
    }

    /// Whether there is a token yet that is good.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.until && !self.used.is_cancelled()
    }
}
