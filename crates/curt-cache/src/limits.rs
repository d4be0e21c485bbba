//! How often something may be done: an exact sliding window for each purpose and key.
//!
//! **Invariant:** in any stretch of time as long as the window, no key is allowed more than its
//! limit. Refused requests are not recorded: who keeps knocking is let in as soon as who does not.
//! Memory is bounded, and divided among the purposes so that a flood of one leaves the others alone.
//! When a purpose's part is full, expired keys go first; then new keys share a bucket with their
//! network, and at last with everybody. Nobody is ever unlimited.
//!
//! Time comes with the call and is monotonic: no step of the wall clock opens or closes anything.

use std::{
    hash::{BuildHasher as _, RandomState},
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prometheus_client::registry::Registry;

mod keys;
mod log;
mod metrics;
mod table;

pub use keys::LimitKey;
use keys::Slot;
use metrics::LimitMetrics;
use table::Table;

/// Every key of a limit keeps a time for each request that counts, so this bounds a key's memory.
pub const LIMIT_COUNT_MAX: u32 = 10_000;
/// Times are kept while they count; nobody should be shut out for longer than a day.
pub const LIMIT_WINDOW_MAX: Duration = Duration::from_hours(24);
/// At the usual limits more than ten thousand clients at a time of every purpose.
pub const LIMITS_BYTES_MAX_DEFAULT: usize = 64 << 20;

/// Each lock guards one part in so many of a purpose's keys: more than there are threads.
const SHARDS: usize = 16;

/// What is done that is worth counting. Each purpose has a limit and a memory of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Any request with a key or token.
    Authenticated,
    /// Any request to the API without one.
    Anonymous,
    Registration,
    Login,
    /// A password of a link that is looked at, right or wrong.
    Unlock,
    /// A wrong one, at one link by one client.
    LinkPassword,
    /// The same by all clients together.
    LinkGuess,
    /// A visit of a code that no link has.
    UnknownCode,
    /// A report of a link.
    Report,
    /// A key or session that was looked up in vain.
    WrongKey,
    /// A request that a limit refused: after too many, the client is blocked for a while.
    Refusal,
}

impl Purpose {
    pub const ALL: [Self; 11] = [
        Self::Authenticated,
        Self::Anonymous,
        Self::Registration,
        Self::Login,
        Self::Unlock,
        Self::LinkPassword,
        Self::LinkGuess,
        Self::UnknownCode,
        Self::Report,
        Self::WrongKey,
        Self::Refusal,
    ];

    /// Its name in metrics and in the headers of answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Anonymous => "anonymous",
            Self::Registration => "registration",
            Self::Login => "login",
            Self::Unlock => "unlock",
            Self::LinkPassword => "link_password",
            Self::LinkGuess => "link_guess",
            Self::UnknownCode => "unknown_code",
            Self::Report => "report",
            Self::WrongKey => "wrong_key",
            Self::Refusal => "refusal",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// So many in any stretch of time of that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    count: NonZeroU32,
    window: Duration,
}

impl Limit {
    /// `None` unless there are 1 to [`LIMIT_COUNT_MAX`] in a second to [`LIMIT_WINDOW_MAX`].
    pub fn new(count: u32, window: Duration) -> Option<Self> {
        let is_kept = count <= LIMIT_COUNT_MAX;
        let is_window = (Duration::from_secs(1)..=LIMIT_WINDOW_MAX).contains(&window);
        let count = NonZeroU32::new(count).filter(|_| is_kept && is_window)?;
        Some(Self { count, window })
    }

    const fn standard(count: u32, window: Duration) -> Option<Self> {
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
    /// Refused requests before a client is blocked; without a limit nobody is.
    pub block_after: Option<Limit>,
    /// For how long.
    pub block_for: Duration,
    /// Memory for all of it, shared evenly by the purposes.
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
            // Who proves nothing may ask no more often than who claims nothing.
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

/// What is left of a limit once a request has been judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub limit: Limit,
    pub remaining: u32,
    /// Until the oldest request that counts no longer does: when there is one more again.
    pub reset_after: Duration,
    /// Whether others used it up too: there was no room for a bucket of the key's own.
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

    /// Whether it was refused for what was done under the key itself: a bucket that is shared with
    /// neighbours says nothing about one of them.
    pub fn is_own_fault(&self) -> bool {
        matches!(self, Self::Refused(quota) if !quota.is_shared)
    }

    pub fn quota(&self) -> Option<Quota> {
        match self {
            Self::Unlimited => None,
            Self::Allowed(quota) | Self::Refused(quota) => Some(*quota),
        }
    }

    /// When it makes sense to try again; `None` if this was allowed.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(quota) => Some(quota.reset_after),
            Self::Unlimited | Self::Allowed(_) => None,
        }
    }
}

/// The limits of this node. Its methods take `&self`: share it in an `Arc`.
pub struct Limits {
    settings: LimitSettings,
    start: Instant,
    /// By purpose, then by the key's hash.
    shards: Vec<[Mutex<Table>; SHARDS]>,
    hasher: RandomState,
    metrics: LimitMetrics,
}

impl Limits {
    /// Nothing has been done yet. Time begins at `start`: what is said to be earlier counts as then.
    pub fn new(settings: LimitSettings, start: Instant, registry: &mut Registry) -> Self {
        let hasher = RandomState::new();
        let bytes_max = settings.bytes_max / Purpose::ALL.len() / SHARDS;
        let table = || Mutex::new(Table::new(bytes_max, hasher.clone()));
        Self {
            shards: Purpose::ALL.iter().map(|_| std::array::from_fn(|_| table())).collect(),
            settings,
            start,
            metrics: LimitMetrics::register(registry),
            hasher,
        }
    }

    pub fn settings(&self) -> &LimitSettings {
        &self.settings
    }

    /// Judges one more of these, and records it if it is allowed.
    ///
    /// Waits for nothing but a lock that is held for some ten nanoseconds, and allocates nothing to
    /// refuse.
    pub fn take(&self, purpose: Purpose, key: LimitKey, now: Instant) -> Decision {
        self.judge(purpose, key, now, Table::take)
    }

    /// Judges one more of these without recording it, for what counts only once it is done. Of
    /// those that are judged at a time, more than the limit may be allowed.
    pub fn look(&self, purpose: Purpose, key: LimitKey, now: Instant) -> Decision {
        self.judge(purpose, key, now, Table::look)
    }

    /// Takes back what [`Limits::take`] allowed and recorded then: it turned out not to count.
    pub fn give_back(
        &self,
        purpose: Purpose,
        key: LimitKey,
        taken: Decision,
        taken_at: Instant,
        now: Instant,
    ) {
        let Decision::Allowed(Quota { limit, is_shared, .. }) = taken else { return };
        let since_start = |at: Instant| at.saturating_duration_since(self.start);
        let give_back_to = |slot: Slot| {
            let hash = self.hasher.hash_one(slot);
            let mut table = self.table(purpose, hash);
            table.give_back(slot, hash, limit, since_start(taken_at), since_start(now))
        };
        if !is_shared {
            give_back_to(Slot::Own(key));
        } else if !key.neighbours().is_some_and(give_back_to) {
            give_back_to(Slot::Everybody);
        }
    }

    fn judge(
        &self,
        purpose: Purpose,
        key: LimitKey,
        now: Instant,
        judge: impl Fn(&mut Table, Slot, u64, Limit, Duration) -> Option<Decision>,
    ) -> Decision {
        let Some(limit) = self.settings.limit(purpose) else { return Decision::Unlimited };
        let now = now.saturating_duration_since(self.start);
        let judge_in = |slot: Slot| {
            let hash = self.hasher.hash_one(slot);
            judge(&mut self.table(purpose, hash), slot, hash, limit, now)
        };
        let shared = || {
            self.metrics.count_shared(purpose);
            let with_neighbours = key.neighbours().and_then(judge_in);
            with_neighbours.or_else(|| judge_in(Slot::Everybody))
        };
        let decision = judge_in(Slot::Own(key)).or_else(shared);
        let decision = decision.expect("there is always room for the bucket that everybody shares");
        if !decision.is_allowed() {
            self.metrics.count_refused(purpose);
        }
        decision
    }

    fn table(&self, purpose: Purpose, hash: u64) -> MutexGuard<'_, Table> {
        // The map inside takes the hash's other end.
        let shard = (hash >> 16) as usize % SHARDS;
        let table = &self.shards[purpose.index()][shard];
        // A table is whole after every call, so what a panic elsewhere left behind is good.
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
