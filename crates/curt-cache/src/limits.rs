//! How often something may be done: an exact sliding window for each purpose and key.
//!
//! **Invariant:** in any period as long as the window, no key is allowed more than its limit.
//! Refused requests are not recorded: a client that keeps trying is admitted as soon as one that
//! waits. Memory is bounded, and divided among the purposes so that a flood of one leaves the
//! others alone. When a purpose's part is full, expired keys go first; then new keys share a bucket
//! with their network, and finally with everyone. No client is ever unlimited.
//!
//! Time comes with the call and is monotonic: steps of the wall clock have no effect.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prometheus_client::registry::Registry;

mod keys;
mod log;
mod metrics;
mod purposes;
mod quotas;
mod settings;
mod table;

pub use keys::LimitKey;
use keys::Slot;
use metrics::LimitMetrics;
pub use purposes::Purpose;
pub use quotas::{Decision, LIMIT_COUNT_MAX, LIMIT_WINDOW_MAX, Limit, Quota};
pub use settings::{LIMITS_BYTES_MAX_DEFAULT, LimitSettings};
use table::Table;

/// Each lock guards this fraction of a purpose's keys: more shards than threads.
const SHARDS: usize = 16;

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
    /// Limits without any requests yet. Time begins at `start`: earlier times count as `start`.
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

    /// Judges one more request, and records it if it is allowed.
    ///
    /// Waits only for a lock that is held for some ten nanoseconds, and does not allocate to
    /// refuse.
    pub fn take(&self, purpose: Purpose, key: LimitKey, now: Instant) -> Decision {
        self.judge(purpose, key, now, Table::take)
    }

    /// Judges one more request without recording it, for actions that count only once they are
    /// done. Concurrent requests may be allowed beyond the limit.
    pub fn look(&self, purpose: Purpose, key: LimitKey, now: Instant) -> Decision {
        self.judge(purpose, key, now, Table::look)
    }

    /// Takes back what [`Limits::take`] allowed and recorded at that time: it turned out not to
    /// count.
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
        // The map inside uses the other end of the hash.
        let shard = (hash >> 16) as usize % SHARDS;
        let table = &self.shards[purpose.index()][shard];
        // A table is consistent after every call, so a panic elsewhere does no harm.
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
