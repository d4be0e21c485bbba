//! The link cache against interleavings, floods and a clock, all driven by hand.
//!
//! Futures are polled one step at a time and loads wait for a gate, so that every order of events
//! is explicit and does not depend on timing.

use std::{
    cell::Cell,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use curt_domain::{Dates, LinkId, RedirectStatus, TargetUrl};

use super::*;

mod flood;
mod model;
mod race;

const MILLI: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DatabaseAway;

type Loaded = Result<Lookup, LoadError<DatabaseAway>>;

/// 2026-01-01T00:00:00Z.
fn start() -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000)
}

fn cache() -> LinkCache {
    LinkCache::new(CacheSettings::DEFAULT, &mut Registry::default())
}

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn route(revision: u64) -> Route {
    Route {
        id: LinkId::new(1).unwrap(),
        target: TargetUrl::from_stored("https://example.com/").unwrap(),
        redirect_status: RedirectStatus::Found302,
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled: false,
        abuse: false,
        revision,
    }
}

/// The revision found; 0 for a remembered absence.
fn revision(lookup: &Lookup) -> u64 {
    match lookup {
        Lookup::Found(cached) => cached.route.revision,
        Lookup::Missing => 0,
    }
}

fn cached_revision(cache: &LinkCache, code: &str, now: Timestamp) -> Option<u64> {
    cache.get(code, now).as_ref().map(revision)
}

fn loaded_revision(loaded: Poll<Loaded>) -> u64 {
    match loaded {
        Poll::Ready(Ok(lookup)) => revision(&lookup),
        other => panic!("no answer: {other:?}"),
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that never has to wait.
fn now_or_never<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("had to wait"),
    }
}

/// Loads at once, and returns the result.
fn load_now(cache: &LinkCache, code: &Code, now: Timestamp, found: Option<Route>) -> Loaded {
    now_or_never(cache.get_or_load(code, now, async { Ok(found) }))
}

/// The gate that loads wait for, and how many loads have started.
#[derive(Default)]
struct Gate {
    is_open: Cell<bool>,
    loads: Cell<u32>,
}

impl Gate {
    /// A load that ends with `answer` once the gate is open.
    async fn load(
        &self,
        answer: Result<Option<Route>, DatabaseAway>,
    ) -> Result<Option<Route>, DatabaseAway> {
        self.loads.set(self.loads.get() + 1);
        poll_fn(|_| if self.is_open.get() { Poll::Ready(()) } else { Poll::Pending }).await;
        answer
    }

    fn open(&self) {
        self.is_open.set(true);
    }
}

#[test]
fn a_loaded_link_is_found_ready_for_the_header() {
    let cache = cache();
    assert!(cache.get("abc", start()).is_none());
    load_now(&cache, &code("abc"), start(), Some(route(1))).unwrap();
    let Some(Lookup::Found(cached)) = cache.get("abc", start()) else { panic!("not cached") };
    assert_eq!(cached.location, "https://example.com/");
    assert_eq!(cached.route, route(1));
    assert!(cache.get("ABC", start()).is_none(), "case matters");
}

#[test]
fn cache_03_a_link_created_right_after_a_404_is_found_at_once() {
    let (cache, code) = (cache(), code("fresh"));
    load_now(&cache, &code, start(), None).unwrap();
    assert_eq!(cached_revision(&cache, "fresh", start()), Some(0));
    cache.invalidate("fresh");
    assert_eq!(cached_revision(&cache, "fresh", start()), None);
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    assert_eq!(cached_revision(&cache, "fresh", start()), Some(1));
}

#[test]
fn cache_03_a_404_on_its_way_does_not_hide_the_link_created_meanwhile() {
    let (cache, code, gate) = (cache(), code("fresh"), Gate::default());
    let mut visit = pin!(cache.get_or_load(&code, start(), gate.load(Ok(None))));
    assert!(poll(visit.as_mut()).is_pending());
    cache.invalidate("fresh");
    gate.open();
    assert_eq!(loaded_revision(poll(visit)), 0, "who asked before the create may get a 404");
    assert_eq!(cached_revision(&cache, "fresh", start()), None);
}

#[test]
fn cache_05_a_load_overtaken_by_a_delete_is_not_kept() {
    let (cache, code, gate) = (cache(), code("gone"), Gate::default());
    let mut visit = pin!(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    assert!(poll(visit.as_mut()).is_pending());
    cache.invalidate("gone");
    gate.open();
    assert_eq!(loaded_revision(poll(visit)), 1);
    assert_eq!(cached_revision(&cache, "gone", start()), None);
    assert!(cache.get_stale("gone", start()).is_none());
}

#[test]
fn cache_05_a_load_overtaken_by_a_clear_is_not_kept() {
    let (cache, code, gate) = (cache(), code("gone"), Gate::default());
    let mut visit = pin!(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    assert!(poll(visit.as_mut()).is_pending());
    cache.clear();
    gate.open();
    assert_eq!(loaded_revision(poll(visit)), 1);
    assert_eq!(cached_revision(&cache, "gone", start()), None);
}

#[test]
fn cache_05_a_clear_forgets_links_and_absences() {
    let cache = cache();
    load_now(&cache, &code("link"), start(), Some(route(1))).unwrap();
    load_now(&cache, &code("none"), start(), None).unwrap();
    cache.clear();
    assert_eq!(cached_revision(&cache, "link", start()), None);
    assert_eq!(cached_revision(&cache, "none", start()), None);
    assert_eq!(cache.routes.len() + cache.missing.len() + cache.loads.len(), 0);
}

#[test]
fn cache_05_who_asks_after_an_edit_does_not_join_the_load_before_it() {
    let (cache, code) = (cache(), code("abc"));
    let (before, after) = (Gate::default(), Gate::default());
    let mut first = pin!(cache.get_or_load(&code, start(), before.load(Ok(Some(route(1))))));
    let mut waiting = pin!(cache.get_or_load(&code, start(), before.load(Ok(Some(route(1))))));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(waiting.as_mut()).is_pending());

    cache.invalidate("abc");
    let mut later = pin!(cache.get_or_load(&code, start(), after.load(Ok(Some(route(2))))));
    assert!(poll(later.as_mut()).is_pending());
    assert_eq!((before.loads.get(), after.loads.get()), (1, 1));

    after.open();
    assert_eq!(loaded_revision(poll(later)), 2);
    before.open();
    assert_eq!(loaded_revision(poll(first)), 1);
    assert_eq!(loaded_revision(poll(waiting)), 1);
    assert_eq!(cached_revision(&cache, "abc", start()), Some(2));
}

#[test]
fn cache_05_who_takes_over_an_overtaken_load_keeps_nothing() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    let mut first = Box::pin(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    let mut second = pin!(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    cache.invalidate("abc");
    drop(first);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(gate.loads.get(), 2);
    gate.open();
    assert_eq!(loaded_revision(poll(second)), 1);
    assert_eq!(cached_revision(&cache, "abc", start()), None);
}

#[test]
fn cache_05_a_lower_revision_never_replaces_a_higher() {
    let (cache, code) = (cache(), code("abc"));
    load_now(&cache, &code, start(), Some(route(5))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    let lagging = load_now(&cache, &code, expired, Some(route(4)));
    assert_eq!(loaded_revision(Poll::Ready(lagging)), 4);
    assert_eq!(cached_revision(&cache, "abc", expired), None);
    assert_eq!(cache.get_stale("abc", expired).unwrap().route.revision, 5);
    load_now(&cache, &code, expired, Some(route(5))).unwrap();
    assert_eq!(cached_revision(&cache, "abc", expired), Some(5));
}

#[test]
fn another_link_under_the_same_code_replaces_a_higher_revision() {
    let (cache, code) = (cache(), code("abc"));
    load_now(&cache, &code, start(), Some(route(5))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    let other = Route { id: LinkId::new(2).unwrap(), ..route(1) };
    load_now(&cache, &code, expired, Some(other)).unwrap();
    assert_eq!(cached_revision(&cache, "abc", expired), Some(1));
}

#[test]
fn f15_a_hundred_visitors_cost_one_load() {
    let (cache, code, gate) = (cache(), code("hot"), Gate::default());
    let mut visits: Vec<_> = (0..100)
        .map(|_| Box::pin(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1)))))))
        .collect();
    for visit in &mut visits {
        assert!(poll(visit.as_mut()).is_pending());
    }
    gate.open();
    for visit in &mut visits {
        assert_eq!(loaded_revision(poll(visit.as_mut())), 1);
    }
    assert_eq!(gate.loads.get(), 1);
    assert!(cache.loads.is_empty(), "an answer that was given out is not held twice");
}

#[test]
fn f15_a_visitor_who_looked_before_a_load_ended_does_not_load_again() {
    let (cache, code, gate) = (cache(), code("hot"), Gate::default());
    assert!(cache.get("hot", start()).is_none());
    let late = cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1)))));
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    assert_eq!(loaded_revision(poll(pin!(late))), 1);
    assert_eq!(gate.loads.get(), 0);
}

#[test]
fn a_cancelled_load_is_taken_over_by_the_next_who_waits() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    let mut first = Box::pin(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    let mut second = pin!(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(2))))));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(gate.loads.get(), 2);
    gate.open();
    assert_eq!(loaded_revision(poll(second)), 2);
    assert_eq!(cached_revision(&cache, "abc", start()), Some(2));
}

#[test]
fn who_was_called_to_take_over_and_leaves_passes_it_on() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    let mut visits: Vec<_> = (1..=3)
        .map(|n| Box::pin(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(n)))))))
        .collect();
    for visit in &mut visits {
        assert!(poll(visit.as_mut()).is_pending());
    }
    let mut last = visits.remove(1);
    drop(visits); // the visit that loads, then the one that was just woken to take over
    gate.open();
    assert_eq!(loaded_revision(poll(last.as_mut())), 2);
}

#[test]
fn a_panicking_load_is_taken_over_by_the_next_who_waits() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    let fault = async {
        let found = gate.load(Ok(None)).await?;
        assert!(found.is_some(), "a fault in the store");
        Ok::<_, DatabaseAway>(found)
    };
    let mut broken = Box::pin(cache.get_or_load(&code, start(), fault));
    let mut waiting = pin!(cache.get_or_load(&code, start(), gate.load(Ok(Some(route(1))))));
    assert!(poll(broken.as_mut()).is_pending());
    assert!(poll(waiting.as_mut()).is_pending());
    gate.open();
    let panicked = catch_unwind(AssertUnwindSafe(|| poll(broken.as_mut()).is_ready()));
    assert!(panicked.is_err());
    assert_eq!(loaded_revision(poll(waiting)), 1);
    assert_eq!(cached_revision(&cache, "abc", start()), Some(1));
}

#[test]
fn a_failed_load_is_told_to_all_who_wait_and_not_remembered() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    let mut visits: Vec<_> = (0..100)
        .map(|_| Box::pin(cache.get_or_load(&code, start(), gate.load(Err(DatabaseAway)))))
        .collect();
    for visit in &mut visits {
        assert!(poll(visit.as_mut()).is_pending());
    }
    gate.open();
    let mut endings = visits.iter_mut().map(|visit| poll(visit.as_mut()));
    assert!(matches!(endings.next(), Some(Poll::Ready(Err(LoadError::Failed(DatabaseAway))))));
    assert!(endings.all(|end| matches!(end, Poll::Ready(Err(LoadError::FailedForAnother)))));
    assert_eq!(gate.loads.get(), 1);
    assert_eq!(cached_revision(&cache, "abc", start()), None);
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    assert_eq!(cached_revision(&cache, "abc", start()), Some(1));
}

#[test]
fn links_expire_an_hour_after_they_were_loaded() {
    let cache = cache();
    load_now(&cache, &code("abc"), start(), Some(route(1))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    assert_eq!(cached_revision(&cache, "abc", expired.minus(MILLI)), Some(1));
    assert_eq!(cached_revision(&cache, "abc", expired), None);
    load_now(&cache, &code("abc"), expired, Some(route(1))).unwrap();
    assert_eq!(cached_revision(&cache, "abc", expired), Some(1));
}

#[test]
fn absences_are_remembered_for_a_second() {
    let cache = cache();
    load_now(&cache, &code("abc"), start(), None).unwrap();
    let forgotten = start().plus(MISSING_AGE_MAX);
    assert_eq!(cached_revision(&cache, "abc", forgotten.minus(MILLI)), Some(0));
    assert_eq!(cached_revision(&cache, "abc", forgotten), None);
}

#[test]
fn a_clock_that_was_ahead_keeps_nothing_alive() {
    let cache = cache();
    let ahead = start().plus(365 * 24 * ENTRY_AGE_MAX_DEFAULT);
    load_now(&cache, &code("link"), ahead, Some(route(1))).unwrap();
    load_now(&cache, &code("none"), ahead, None).unwrap();
    assert_eq!(cached_revision(&cache, "link", start()), None);
    assert_eq!(cached_revision(&cache, "none", start()), None);
    assert!(cache.get_stale("link", start()).is_none());
    // Clocks of threads may differ by some milliseconds, which is no reason to load again.
    assert_eq!(cached_revision(&cache, "link", ahead.minus(MILLI)), Some(1));
}

#[test]
fn an_expired_link_is_there_for_as_long_as_the_database_may_be_away() {
    let (cache, code) = (cache(), code("abc"));
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    let failed = now_or_never(cache.get_or_load(&code, expired, async { Err(DatabaseAway) }));
    assert!(matches!(failed, Err(LoadError::Failed(DatabaseAway))));
    assert_eq!(cached_revision(&cache, "abc", expired), None);
    assert_eq!(cache.get_stale("abc", expired).unwrap().route, route(1));

    let too_old = expired.plus(OFFLINE_MAX_DEFAULT);
    assert!(cache.get_stale("abc", too_old.minus(MILLI)).is_some());
    assert!(cache.get_stale("abc", too_old).is_none());
}

#[test]
fn an_expired_link_stays_at_hand_while_it_is_loaded_anew() {
    let (cache, code, gate) = (cache(), code("abc"), Gate::default());
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    let mut visit = Box::pin(cache.get_or_load(&code, expired, gate.load(Ok(Some(route(2))))));
    assert!(poll(visit.as_mut()).is_pending());
    assert!(cache.get_stale("abc", expired).is_some());
    drop(visit);
    assert!(cache.get_stale("abc", expired).is_some(), "a visitor who leaves takes nothing along");
}

#[test]
fn an_expired_link_that_the_database_no_longer_has_is_forgotten() {
    let (cache, code) = (cache(), code("abc"));
    load_now(&cache, &code, start(), Some(route(1))).unwrap();
    let expired = start().plus(ENTRY_AGE_MAX_DEFAULT);
    load_now(&cache, &code, expired, None).unwrap();
    assert_eq!(cached_revision(&cache, "abc", expired), Some(0));
    assert!(cache.get_stale("abc", expired).is_none());
}

#[test]
fn the_metrics_tell_lookups_by_outcome_and_sizes() {
    let mut registry = Registry::default();
    let cache = LinkCache::new(CacheSettings::DEFAULT, &mut registry);
    load_now(&cache, &code("link"), start(), Some(route(1))).unwrap();
    load_now(&cache, &code("none"), start(), None).unwrap();
    // A code that is looked up but never loaded does not count; it may be a page of the router.
    for asked in ["link", "link", "link", "none", "none", "other"] {
        cache.get(asked, start());
    }
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let link_bytes = cache.routes.weight();
    for line in [
        "link_cache_lookups_total{outcome=\"hit\"} 3",
        "link_cache_lookups_total{outcome=\"negative_hit\"} 2",
        "link_cache_lookups_total{outcome=\"miss\"} 2",
        "link_cache_entries{kind=\"link\"} 1",
        "link_cache_entries{kind=\"missing\"} 1",
        &format!("link_cache_bytes{{kind=\"link\"}} {link_bytes}"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(0 < link_bytes);
}
