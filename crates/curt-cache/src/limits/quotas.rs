//! A limit, and the remaining quota after a request has been judged.

use std::{num::NonZeroU32, time::Duration};

/// Each key keeps a time for each request that counts, so this bounds a key's memory.
pub const LIMIT_COUNT_MAX: u32 = 10_000;
/// Times are kept while they count; no client should be refused for longer than a day.
pub const LIMIT_WINDOW_MAX: Duration = Duration::from_hours(24);
/// This many requests in any period of that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    count: NonZeroU32,
    window: Duration,
}

impl Limit {
    /// `None` unless the count is 1 to [`LIMIT_COUNT_MAX`] and the window a second to
    /// [`LIMIT_WINDOW_MAX`].
    pub fn new(count: u32, window: Duration) -> Option<Self> {
        let is_kept = count <= LIMIT_COUNT_MAX;
        let is_window = (Duration::from_secs(1)..=LIMIT_WINDOW_MAX).contains(&window);
        let count = NonZeroU32::new(count).filter(|_| is_kept && is_window)?;
        Some(Self { count, window })
    }

    pub(super) const fn standard(count: u32, window: Duration) -> Option<Self> {
        match NonZeroU32::new(count) {
            Some(count) => Some(Self { count, window }),
            None => None,
        }
    }

    pub fn count(self) -> u32 {
        self.count.get()
    }

    pub fn window(self) -> Duration {
        self.window
    }
}

/// The remaining quota after a request has been judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub limit: Limit,
    pub remaining: u32,
    /// The time until the oldest counted request expires, so that one more is possible.
    pub reset_after: Duration,
    /// Whether other keys share the bucket: there was no room for a separate one.
    pub is_shared: bool,
}

#[must_use = "a limit that nobody looks at limits nothing"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The purpose has no limit here.
    Unlimited,
    Allowed(Quota),
    Refused(Quota),
}

impl Decision {
    pub fn is_allowed(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether the key itself used up the limit: a bucket that neighbours share proves nothing
    /// about one of them.
    pub fn is_own_fault(&self) -> bool {
        matches!(self, Self::Refused(quota) if !quota.is_shared)
    }

    pub fn quota(&self) -> Option<Quota> {
        match self {
            Self::Unlimited => None,
            Self::Allowed(quota) | Self::Refused(quota) => Some(*quota),
        }
    }

    /// When to retry; `None` if this request was allowed.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(quota) => Some(quota.reset_after),
            Self::Unlimited | Self::Allowed(_) => None,
        }
    }
}
