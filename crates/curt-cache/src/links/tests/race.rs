//! The link cache under real threads, where the machine picks the interleavings.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use super::*;

const EDITS: u64 = 20_000;

/// A database of one link: its revision, and the last one whose invalidation has returned.
#[derive(Default)]
struct Database {
    revision: AtomicU64,
    invalidated: AtomicU64,
    is_done: AtomicBool,
}

fn read_until_done(cache: &LinkCache, database: &Database) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = code("abc");
    while !database.is_done.load(Ordering::SeqCst) {
        let floor = database.invalidated.load(Ordering::SeqCst);
        let load = async {
            let revision = database.revision.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, DatabaseAway>(Some(route(revision)))
        };
        let lookup = cache
            .get("abc", start())
            .unwrap_or_else(|| runtime.block_on(cache.get_or_load(&code, start(), load)).unwrap());
        assert!(floor <= revision(&lookup), "{} after {floor}", revision(&lookup));
    }
}

#[test]
fn cache_05_threads_never_see_what_was_edited_before() {
    let (cache, database) = (cache(), Database::default());
    let stale = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| read_until_done(&cache, &database));
        }
        // Checked after the threads have ended: a panic here would leave them running.
        let stale = (1..=EDITS).find_map(|edit| {
            database.revision.store(edit, Ordering::SeqCst);
            cache.invalidate("abc");
            let seen = cached_revision(&cache, "abc", start());
            database.invalidated.store(edit, Ordering::SeqCst);
            seen.filter(|&revision| revision != edit).map(|revision| (edit, revision))
        });
        database.is_done.store(true, Ordering::SeqCst);
        stale
    });
    assert_eq!(stale, None, "an edit, and what was found after it");
    assert!(cache.loads.is_empty());
}

#[test]
fn visits_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync>(_: &T) {}
    let (cache, code) = (cache(), code("abc"));
    is_shared(&cache);
    is_send(&cache.get_or_load(&code, start(), async { Err(DatabaseAway) }));
}
