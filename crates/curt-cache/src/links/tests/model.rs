//! The link cache compared with a model that is too simple to be wrong.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use proptest::{collection::vec, prelude::*};

use super::*;

const CODES: [&str; 3] = ["a", "b", "c"];

/// One event, each at a different time; codes by their index in [`CODES`].
#[derive(Debug, Clone)]
enum Step {
    /// A visit that loads if necessary; `away` if the database then fails.
    Visit {
        code: usize,
        away: bool,
    },
    /// The link changes in the database: to another revision, or it is deleted.
    Write {
        code: usize,
        exists: bool,
    },
    Invalidate {
        code: usize,
    },
    Clear,
    Wait {
        millis: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let code = 0..CODES.len();
    // Around the ages that matter: a second, an hour, two hours.
    let millis = prop_oneof![1..2_000_u64, 3_590_000..3_610_000_u64, Just(1_000), Just(3_600_000)];
    let step = prop_oneof![
        6 => (code.clone(), any::<bool>()).prop_map(|(code, away)| Step::Visit { code, away }),
        2 => (code.clone(), any::<bool>()).prop_map(|(code, exists)| Step::Write { code, exists }),
        2 => code.prop_map(|code| Step::Invalidate { code }),
        1 => Just(Step::Clear),
        3 => millis.prop_map(|millis| Step::Wait { millis }),
    ];
    vec(step, 1..60)
}

/// The model's memory of a code: its revision, 0 for absent, and when it was loaded.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    revision: u64,
    at: Timestamp,
}

impl Remembered {
    fn is_younger(self, than: Duration, now: Timestamp) -> bool {
        now.since(self.at) < than
    }

    fn fresh(self, now: Timestamp) -> Option<u64> {
        let age_max = if self.revision == 0 { MISSING_AGE_MAX } else { ENTRY_AGE_MAX_DEFAULT };
        self.is_younger(age_max, now).then_some(self.revision)
    }

    fn stale(self, now: Timestamp) -> Option<u64> {
        let age_max = ENTRY_AGE_MAX_DEFAULT + OFFLINE_MAX_DEFAULT;
        (self.revision != 0 && self.is_younger(age_max, now)).then_some(self.revision)
    }
}

proptest! {
    /// With one event after the other, the cache is a map with expiry.
    #[test]
    fn the_cache_does_what_a_map_does(steps in steps()) {
        let cache = cache();
        let mut model: HashMap<usize, Remembered> = HashMap::new();
        let mut database = [1_u64; CODES.len()];
        let mut writes = 1;
        let mut now = start();
        for step in steps {
            match step {
                Step::Visit { code: at, away } => {
                    let truth = database[at];
                    let load = async move {
                        if away { Err(DatabaseAway) } else { Ok((truth != 0).then(|| route(truth))) }
                    };
                    let loaded = now_or_never(cache.get_or_load(&code(CODES[at]), now, load));
                    let fresh = model.get(&at).and_then(|remembered| remembered.fresh(now));
                    let expected = fresh.or((!away).then_some(truth));
                    prop_assert_eq!(loaded.ok().as_ref().map(revision), expected);
                    if fresh.is_none() && !away {
                        model.insert(at, Remembered { revision: truth, at: now });
                    }
                }
                Step::Write { code, exists } => {
                    writes += 1;
                    database[code] = if exists { writes } else { 0 };
                }
                Step::Invalidate { code } => {
                    cache.invalidate(CODES[code]);
                    model.remove(&code);
                }
                Step::Clear => {
                    cache.clear();
                    model.clear();
                }
                Step::Wait { millis } => now = now.plus(Duration::from_millis(millis)),
            }
            for (at, code) in CODES.into_iter().enumerate() {
                let remembered = model.get(&at).copied();
                let fresh = remembered.and_then(|it| it.fresh(now));
                prop_assert_eq!(cached_revision(&cache, code, now), fresh);
                let stale = cache.get_stale(code, now).map(|cached| cached.route.revision);
                prop_assert_eq!(stale, remembered.and_then(|it| it.stale(now)));
            }
        }
    }
}

/// A step of many concurrent visits.
#[derive(Debug, Clone)]
enum Overlap {
    Start {
        code: usize,
    },
    /// Lets one of the running visits continue, past its read or to its end.
    Resume {
        visit: usize,
    },
    Leave {
        visit: usize,
    },
    Fail {
        visit: usize,
    },
    Write {
        code: usize,
        exists: bool,
    },
    Invalidate {
        code: usize,
    },
    Clear,
}

fn overlaps() -> impl Strategy<Value = Vec<Overlap>> {
    let code = 0..CODES.len();
    let step = prop_oneof![
        6 => code.clone().prop_map(|code| Overlap::Start { code }),
        8 => any::<usize>().prop_map(|visit| Overlap::Resume { visit }),
        1 => any::<usize>().prop_map(|visit| Overlap::Leave { visit }),
        1 => any::<usize>().prop_map(|visit| Overlap::Fail { visit }),
        3 => (code.clone(), any::<bool>())
            .prop_map(|(code, exists)| Overlap::Write { code, exists }),
        3 => code.prop_map(|code| Overlap::Invalidate { code }),
        1 => Just(Overlap::Clear),
    ];
    vec(step, 1..80)
}

/// The database: how often each code was written; odd means a link, even means none.
type Database = Rc<RefCell<[u64; CODES.len()]>>;

/// How far a visit's load may proceed.
#[derive(Default)]
struct Progress {
    may_read: Cell<bool>,
    may_end: Cell<bool>,
    fails: Cell<bool>,
}

async fn until(opened: &Cell<bool>) {
    poll_fn(|_| if opened.get() { Poll::Ready(()) } else { Poll::Pending }).await;
}

struct Visit<'a> {
    code: usize,
    progress: Rc<Progress>,
    /// How many writes to the code were already invalidated when the visit began.
    floor: u64,
    answer: Pin<Box<dyn Future<Output = Loaded> + 'a>>,
}

fn begin<'a>(
    cache: &'a LinkCache,
    code: &'a Code,
    at: usize,
    floor: u64,
    database: &Database,
) -> Visit<'a> {
    let progress = Rc::new(Progress::default());
    let (own, database) = (Rc::clone(&progress), Rc::clone(database));
    let load = async move {
        until(&own.may_read).await;
        let writes = database.borrow()[at];
        until(&own.may_end).await;
        if own.fails.get() { Err(DatabaseAway) } else { Ok(written(writes)) }
    };
    Visit { code: at, progress, floor, answer: Box::pin(cache.get_or_load(code, start(), load)) }
}

/// The link after that many writes. Deleting and creating it again makes another link.
fn written(writes: u64) -> Option<Route> {
    let id = LinkId::new(writes).unwrap();
    (writes % 2 == 1).then(|| Route { id, ..route(writes) })
}

proptest! {
    /// However visits, writes and invalidations interleave: the cache and a visit's answer are
    /// never older than the last write that had already been invalidated.
    #[test]
    fn cache_05_nothing_from_before_an_invalidation_survives_it(steps in overlaps()) {
        let cache = cache();
        let codes = CODES.map(code);
        let database = Database::default();
        let mut floors = [0_u64; CODES.len()];
        let mut visits: Vec<Visit<'_>> = Vec::new();
        for step in steps {
            match step {
                Overlap::Start { code } => {
                    visits.push(begin(&cache, &codes[code], code, floors[code], &database));
                }
                Overlap::Resume { visit } | Overlap::Fail { visit } if !visits.is_empty() => {
                    let at = visit % visits.len();
                    let progress = &visits[at].progress;
                    progress.fails.set(matches!(step, Overlap::Fail { .. }));
                    if progress.may_read.replace(true) { progress.may_end.set(true); }
                }
                Overlap::Leave { visit } if !visits.is_empty() => {
                    visits.swap_remove(visit % visits.len());
                }
                Overlap::Resume { .. } | Overlap::Fail { .. } | Overlap::Leave { .. } => {}
                Overlap::Write { code, exists } => {
                    let writes = &mut database.borrow_mut()[code];
                    *writes += if (*writes % 2 == 1) == exists { 2 } else { 1 };
                }
                Overlap::Invalidate { code } => {
                    cache.invalidate(CODES[code]);
                    floors[code] = database.borrow()[code];
                }
                Overlap::Clear => {
                    cache.clear();
                    floors = *database.borrow();
                }
            }
            let mut ended = Vec::new();
            visits.retain_mut(|visit| match poll(visit.answer.as_mut()) {
                Poll::Pending => true,
                Poll::Ready(answer) => {
                    ended.push((visit.code, visit.floor, answer));
                    false
                }
            });
            let database = *database.borrow();
            for (code, floor, answer) in ended {
                if let Ok(lookup) = answer {
                    prop_assert!(is_between(floor, &lookup, database[code]));
                }
            }
            for (at, code) in CODES.into_iter().enumerate() {
                if let Some(lookup) = cache.get(code, start()) {
                    prop_assert!(is_between(floors[at], &lookup, database[at]));
                }
            }
        }
    }
}

/// Whether a lookup shows a state between `floor` writes and `latest` writes, inclusive.
fn is_between(floor: u64, lookup: &Lookup, latest: u64) -> bool {
    match lookup {
        Lookup::Found(cached) => (floor..=latest).contains(&cached.route.revision),
        Lookup::Missing => (floor..=latest).any(|writes| writes % 2 == 0),
    }
}
