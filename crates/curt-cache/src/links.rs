//! The link cache: routes by code, remembered absences, and one database read per code at a time.
//!
//! **Invariant:** once [`LinkCache::invalidate`] or [`LinkCache::clear`] has returned, nothing that
//! was read before is kept or given out by [`LinkCache::get`], however late its load ends.
//! Nothing here asks for the time or for the database: both come with the call.

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
/// Edits are heard of through the changes feed; this bounds the harm if one is missed.
pub const ENTRY_AGE_MAX_DEFAULT: Duration = Duration::from_hours(1);
/// Long enough to repair a database, short enough that deleted links do not live on for days.
pub const OFFLINE_MAX_DEFAULT: Duration = Duration::from_hours(1);
/// Creates are not in the changes feed: other nodes serve a new link once this is over.
pub const MISSING_AGE_MAX: Duration = Duration::from_secs(1);

/// Remembered absences get one part in so many of the memory, and links the rest: whoever asks for
/// random codes pushes out nothing but other random codes.
const MISSING_SHARE: u64 = 16;
/// Loads at a time that the table is laid out for; it grows with the number of open requests.
const LOADS_TYPICAL: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Memory for links and remembered absences, keys and bookkeeping included.
    pub bytes_max: u64,
    /// How long after it was loaded a link is served without asking again.
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

/// Why [`LinkCache::get_or_load`] has no answer. Neither is remembered.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    #[error(transparent)]
    Failed(E),
    /// Another call was loading the same code, this one waited for it, and it failed.
    ///
    /// Told to all who waited at once: were they to try one after the other, the last of a
    /// hundred would wait for a hundred timeouts of a database that is in trouble already.
    #[error("the load of the link by another request failed")]
    FailedForAnother,
}

/// How a load ended, for those who waited for it.
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
    /// Codes that the database did not have, and when it said so.
    missing: Arc<MissingCodes>,
    /// Loads on their way. Without capacity, so that an answer reaches those who wait for it and
    /// is gone; forgetting a code here cuts its load off from the other two.
    loads: Loads,
    /// Held while an answer is kept and while codes are forgotten, so that neither sees half of the
    /// other. [`LinkCache::get`] does not take it, and a load takes as long as a thousand of these.
    changing: Mutex<()>,
    lookups: Lookups,
}

impl LinkCache {
    /// An empty cache, whose metrics are in `registry`: lookups by outcome, entries and bytes.
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

    /// What is known about a code; `None` if it must be loaded, because it is not here or too old.
    ///
    /// The hot path: waits for nothing and allocates nothing. The metrics count what it finds;
    /// what it does not find is a miss once it is loaded, since not every word is asked for twice.
    pub fn get(&self, code: &str, now: Timestamp) -> Option<Lookup> {
        let lookup = self.peek(code, now)?;
        self.lookups.count_found(&lookup);
        Some(lookup)
    }

    /// What is known about a code, or else what `load` finds in the database.
    ///
    /// One load runs per code; who asks meanwhile waits for its answer. If its caller goes away or
    /// `load` panics, the next who waits goes on with its own. The answer to a load that was
    /// overtaken by [`LinkCache::invalidate`] goes to those who asked before that, since either
    /// order of the two would be right for them, but it is not kept, and who asks later loads
    /// anew.
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
        // Another load may have ended between our caller's look and our turn.
        if let Some(lookup) = self.peek(code.as_str(), now) {
            tell(ours, Answer::Loaded(lookup.clone()));
            return Ok(lookup);
        }
        self.lookups.count_miss();
        match load.await {
            Ok(route) => {
                // `now` is from before the load, so that the age counts from before its read.
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

    /// The last that was known about a link, for when the database cannot be asked.
    ///
    /// Whether that is so is for the caller to say. The age counts from the load of the entry:
    /// nothing is served for longer than `entry_age_max + offline_max` after the database last
    /// confirmed it.
    pub fn get_stale(&self, code: &str, now: Timestamp) -> Option<Arc<CachedRoute>> {
        let age_max = self.settings.entry_age_max.saturating_add(self.settings.offline_max);
        self.routes.get(code).filter(|cached| is_within(age_max, cached.loaded_at, now))
    }

    /// Forgets what is known about a code, or being loaded: it was created, changed or deleted.
    pub fn invalidate(&self, code: &str) {
        let _changing = self.changing();
        self.loads.remove(code);
        self.routes.remove(code);
        self.missing.remove(code);
    }

    /// Forgets everything: too many changes have passed unheard to tell what still holds.
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

    /// Tells the answer to those who wait, and keeps it unless the load was cut off meanwhile.
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

    /// Whether what is here, old as it is, is of a later edit than what was loaded: then the load
    /// read from a database that lags behind.
    fn has_later_revision(&self, code: &Code, loaded: &CachedRoute, now: Timestamp) -> bool {
        self.get_stale(code.as_str(), now).is_some_and(|kept| {
            kept.route.id == loaded.route.id && loaded.route.revision < kept.route.revision
        })
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        // Poisoned or not: what is guarded are whole steps on other maps, not a state of its own.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives an answer to those who wait for a load, and says whether the load still stands.
fn tell(ours: Load<'_>, answer: Answer) -> bool {
    ours.insert(answer).is_ok()
}

/// Whether a time lies at most so far away, in either direction: a clock that ran ahead and was set
/// right must not keep alive for ever what was loaded in between.
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
