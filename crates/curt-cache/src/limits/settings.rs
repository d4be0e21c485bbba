//! The limit of each purpose, and the memory for all of them.

use std::time::Duration;

use super::{purposes::Purpose, quotas::Limit};

/// With the default limits, room for more than ten thousand clients at a time for each purpose.
pub const LIMITS_BYTES_MAX_DEFAULT: usize = 64 << 20;

/// Section `limits` of the configuration. A purpose without a limit is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    pub authenticated: Option<Limit>,
    pub anonymous: Option<Limit>,
    pub registration: Option<Limit>,
    pub login: Option<Limit>,
    pub unlock: Option<Limit>,
    pub link_password: Option<Limit>,
    pub link_guess: Option<Limit>,
    pub unknown_code: Option<Limit>,
    pub report: Option<Limit>,
    /// How many refused requests block a client; without a limit, no client is blocked.
    pub block_after: Option<Limit>,
    /// How long the client is blocked.
    pub block_for: Duration,
    /// Memory for all purposes, shared evenly.
    pub bytes_max: usize,
}

impl LimitSettings {
    pub const DEFAULT: Self = Self {
        authenticated: Limit::standard(100, Duration::from_mins(1)),
        anonymous: Limit::standard(20, Duration::from_mins(1)),
        registration: Limit::standard(10, Duration::from_hours(1)),
        login: Limit::standard(20, Duration::from_mins(5)),
        unlock: Limit::standard(100, Duration::from_mins(5)),
        link_password: Limit::standard(10, Duration::from_mins(15)),
        link_guess: Limit::standard(100, Duration::from_mins(15)),
        unknown_code: Limit::standard(120, Duration::from_mins(1)),
        report: Limit::standard(10, Duration::from_hours(1)),
        block_after: Limit::standard(300, Duration::from_mins(10)),
        block_for: Duration::from_hours(1),
        bytes_max: LIMITS_BYTES_MAX_DEFAULT,
    };

    /// Nothing is limited.
    pub const OFF: Self = Self {
        authenticated: None,
        anonymous: None,
        registration: None,
        login: None,
        unlock: None,
        link_password: None,
        link_guess: None,
        unknown_code: None,
        report: None,
        block_after: None,
        ..Self::DEFAULT
    };

    pub const fn limit(&self, purpose: Purpose) -> Option<Limit> {
        match purpose {
            Purpose::Authenticated => self.authenticated,
            // Failed credentials allow no more requests than none.
            Purpose::Anonymous | Purpose::WrongKey => self.anonymous,
            Purpose::Registration => self.registration,
            Purpose::Login => self.login,
            Purpose::Unlock => self.unlock,
            Purpose::LinkPassword => self.link_password,
            Purpose::LinkGuess => self.link_guess,
            Purpose::UnknownCode => self.unknown_code,
            Purpose::Report => self.report,
            Purpose::Refusal => self.block_after,
        }
    }
}
