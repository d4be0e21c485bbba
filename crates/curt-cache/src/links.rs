//! The link cache: routes by code, remembered absences, and one database read per code at a time.
//!
//! **Invariant:** once [`LinkCache::invalidate`] or [`LinkCache::clear`] has returned, nothing that
//! was read before is kept, or returned by [`LinkCache::get`], however late its load ends.
//! Nothing here reads the clock or the database: both come with the call.

use std::{
    hash::RandomState,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use curt_domain::{Code, Route, Timestamp};
use prometheus_client::registry::Registry;
use quick_cache::{
    OptionsBuilder, UnitWeighter, Weighter,
    sync::{Cache, DefaultLifecycle, PlaceholderGuard},
};

use crate::route::{CachedRoute, Lookup};

mod metrics;
mod tables;
mod weights;

use metrics::{Lookups, Sizes};
use tables::{MissingCodes, Routes};
use weights::{ByWeight, MISSING_WEIGHT_TYPICAL, ROUTE_WEIGHT_TYPICAL};

/// About 200 000 links: the hot part of most sites, in a fraction of a small machine's memory.
pub const BYTES_MAX_DEFAULT: u64 = 128 << 20;
/// Edits arrive through the changes feed; this bounds the harm if one is missed.
pub const ENTRY_AGE_MAX_DEFAULT: Duration = Duration::from_hours(1);
/// Long enough to repair a database, short enough that deleted links do not live on for days.
pub const OFFLINE_MAX_DEFAULT: Duration = Duration::from_hours(1);
/// Creates are not in the changes feed: other nodes serve a new link after this time.
pub const MISSING_AGE_MAX: Duration = Duration::from_secs(1);

/// Remembered absences get this fraction of the memory, and links the rest: requests for random
/// codes evict only other random codes.
const MISSING_SHARE: u64 = 16;
/// The number of concurrent loads that the table is laid out for; it grows with open requests.
const LOADS_TYPICAL: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Memory for links and remembered absences, including keys and bookkeeping.
    pub bytes_max: u64,
    /// How long after loading a link is served without asking the database again.
    pub entry_age_max: Duration,
    /// How much longer it may be served while the database cannot be reached.
    pub offline_max: Duration,
}

impl CacheSettings {
    pub const DEFAULT: Self = Self {
        bytes_max: BYTES_MAX_DEFAULT,
        entry_age_max: ENTRY_AGE_MAX_DEFAULT,
        offline_max: OFFLINE_MAX_DEFAULT,
    };
}

/// Why [`LinkCache::get_or_load`] has no answer. Failures are not remembered.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    #[error(transparent)]
    Failed(E),
    /// Another call was loading the same code, this one waited for it, and it failed.
    ///
    /// All waiting calls get this error at once. If they retried one after the other, the last of a
    /// hundred would wait for a hundred timeouts of a database that is already in trouble.
    #[error("the load of the link by another request failed")]
    FailedForAnother,
}

/// How a load ended, for the calls that waited for it.
#[derive(Clone)]
enum Answer {
    Loaded(Lookup),
    Failed,
}

type Loads = Cache<Code, Answer, UnitWeighter, RandomState>;
type Load<'a> =
    PlaceholderGuard<'a, Code, Answer, UnitWeighter, RandomState, DefaultLifecycle<Code, Answer>>;

/// The links that this node has in memory. Its methods take `&self`: share it in an `Arc`.
pub struct LinkCache {
    settings: CacheSettings,
    routes: Arc<Routes>,
    /// Codes that the database did not have, and when they were looked up.
    missing: Arc<MissingCodes>,
    /// Running loads. The table has no capacity, so an answer only reaches the calls that wait for
    /// it. Removing a code here cuts its load off from the other two tables.
    loads: Loads,
    /// Held while an answer is kept and while codes are forgotten, so that neither sees half of the
    /// other. [`LinkCache::get`] does not take it, and holding it takes a thousandth of a load.
    changing: Mutex<()>,
    lookups: Lookups,
}

impl LinkCache {
    /// An empty cache, with its metrics in `registry`: lookups by outcome, entries and bytes.
    pub fn new(settings: CacheSettings, registry: &mut Registry) -> Self {
        let missing_bytes_max = settings.bytes_max / MISSING_SHARE;
        let routes_bytes_max = settings.bytes_max - missing_bytes_max;
        let routes = Arc::new(by_weight(routes_bytes_max, ROUTE_WEIGHT_TYPICAL));
        let missing = Arc::new(by_weight(missing_bytes_max, MISSING_WEIGHT_TYPICAL));
        Sizes::register(&routes, &missing, registry);
        Self {
            settings,
            routes,
            missing,
            loads: bounded(LOADS_TYPICAL, 0, UnitWeighter),
            changing: Mutex::new(()),
            lookups: Lookups::register(registry),
        }
    }

    /// What is known about a code; `None` if it must be loaded, because it is unknown or too old.
    ///
    /// The hot path: never waits and never allocates. It counts only hits. A miss is counted once
    /// it is loaded, because not every word that is looked up here is loaded.
    pub fn get(&self, code: &str, now: Timestamp) -> Option<Lookup> {
        let lookup = self.peek(code, now)?;
        self.lookups.count_found(&lookup);
        Some(lookup)
    }

    /// What is known about a code, or otherwise the result of `load` from the database.
    ///
    /// Only one load runs per code; concurrent callers wait for its answer. If its caller goes away
    /// or `load` panics, the next waiting caller runs its own. If [`LinkCache::invalidate`]
    /// overtakes a load, callers from before the invalidation still get the answer, because either
    /// order would be right for them. But the answer is not kept, and later callers load again.
    pub async fn get_or_load<E>(
        &self,
        code: &Code,
        now: Timestamp,
        load: impl Future<Output = Result<Option<Route>, E>>,
    ) -> Result<Lookup, LoadError<E>> {
        let ours = match self.loads.get_value_or_guard_async(code).await {
            Ok(Answer::Loaded(lookup)) => return Ok(lookup),
            Ok(Answer::Failed) => return Err(LoadError::FailedForAnother),
            Err(ours) => ours,
        };
        // Another load may have ended between the caller's lookup and this one's turn.
        if let Some(lookup) = self.peek(code.as_str(), now) {
            tell(ours, Answer::Loaded(lookup.clone()));
            return Ok(lookup);
        }
        self.lookups.count_miss();
        match load.await {
            Ok(route) => {
                // `now` is from before the load, so the age counts from before its read.
                let found = |route| Lookup::Found(Arc::new(CachedRoute::new(route, now)));
                let lookup = route.map_or(Lookup::Missing, found);
                self.keep(code, ours, &lookup, now);
                Ok(lookup)
            }
            Err(error) => {
                tell(ours, Answer::Failed);
                Err(LoadError::Failed(error))
            }
        }
    }

    /// The last known state of a link, for when the database cannot be reached.
    ///
    /// The caller decides whether that is so. The age counts from the load of the entry: nothing is
    /// served for longer than `entry_age_max + offline_max` after the database last confirmed it.
    pub fn get_stale(&self, code: &str, now: Timestamp) -> Option<Arc<CachedRoute>> {
        let age_max = self.settings.entry_age_max.saturating_add(self.settings.offline_max);
        self.routes.get(code).filter(|cached| is_within(age_max, cached.loaded_at, now))
    }

    /// Forgets a code and cuts off its load: the link was created, changed or deleted.
    pub fn invalidate(&self, code: &str) {
        let _changing = self.changing();
        self.loads.remove(code);
        self.routes.remove(code);
        self.missing.remove(code);
    }

    /// Forgets everything: too many changes were missed to tell which entries are still valid.
    pub fn clear(&self) {
        let _changing = self.changing();
        self.loads.clear();
        self.routes.clear();
        self.missing.clear();
    }

    fn peek(&self, code: &str, now: Timestamp) -> Option<Lookup> {
        if let Some(cached) = self.routes.get(code) {
            let is_fresh = is_within(self.settings.entry_age_max, cached.loaded_at, now);
            return is_fresh.then_some(Lookup::Found(cached));
        }
        let missing_at = self.missing.get(code)?;
        is_within(MISSING_AGE_MAX, missing_at, now).then_some(Lookup::Missing)
    }

    /// Sends the answer to the waiting calls, and keeps it unless the load was cut off.
    fn keep(&self, code: &Code, ours: Load<'_>, lookup: &Lookup, now: Timestamp) {
        let _changing = self.changing();
        if !tell(ours, Answer::Loaded(lookup.clone())) {
            return;
        }
        match lookup {
            Lookup::Found(loaded) => {
                self.missing.remove(code);
                if !self.has_later_revision(code, loaded, now) {
                    self.routes.insert(code.clone(), Arc::clone(loaded));
                }
            }
            Lookup::Missing => {
                self.routes.remove(code);
                self.missing.insert(code.clone(), now);
            }
        }
    }

    /// Whether the cached entry, even if stale, is of a later edit than the loaded one: then the
    /// database that was read lags behind.
    fn has_later_revision(&self, code: &Code, loaded: &CachedRoute, now: Timestamp) -> bool {
        self.get_stale(code.as_str(), now).is_some_and(|kept| {
            kept.route.id == loaded.route.id && loaded.route.revision < kept.route.revision
        })
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        // Even if poisoned: it guards whole steps on other maps and has no state.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends an answer to the waiting calls; returns whether the load was not cut off.
fn tell(ours: Load<'_>, answer: Answer) -> bool {
    ours.insert(answer).is_ok()
}

/// Whether a time is at most this far away, in either direction. If the clock ran ahead and was
/// corrected, entries loaded in between must not live forever.
fn is_within(age_max: Duration, at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < age_max && at.since(now) < age_max
}

fn by_weight<Value: Clone>(
    bytes_max: u64,
    weight_typical: u64,
) -> Cache<Code, Value, ByWeight, RandomState>
where
    ByWeight: Weighter<Code, Value>,
{
    let entries_typical = usize::try_from(bytes_max / weight_typical).unwrap_or(usize::MAX);
    bounded(entries_typical, bytes_max, ByWeight)
}

fn bounded<Value: Clone, W: Weighter<Code, Value> + Clone>(
    entries_typical: usize,
    weight_max: u64,
    weighter: W,
) -> Cache<Code, Value, W, RandomState> {
    let options = OptionsBuilder::new()
        .estimated_items_capacity(entries_typical)
        .weight_capacity(weight_max)
        .build()
        .expect("both capacities are set");
    Cache::with_options(options, weighter, RandomState::new(), DefaultLifecycle::default())
}

#[cfg(test)]
mod tests;
