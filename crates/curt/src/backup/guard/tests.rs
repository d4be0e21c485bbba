use std::{fs::File, io};

use super::*;

fn guard(directory: &Path, source: Option<&Path>) -> (Guard, CancellationToken) {
    let cancelled = CancellationToken::new();
    (Guard::new(directory, source, cancelled.clone()), cancelled)
}

#[test]
fn work_goes_on_while_all_is_well_and_ends_with_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let (guard, cancelled) = guard(directory.path(), None);
    let guard = Arc::new(guard);
    let progress = guard.progress_guard();
    assert_eq!(progress(), ControlFlow::Continue(()));
    assert_eq!(guard.reason(io::Error::other("its own")).to_string(), "its own");
    cancelled.cancel();
    assert_eq!(progress(), ControlFlow::Break(()));
    assert_eq!(guard.reason(io::Error::other("interrupted")).to_string(), "the server is stopping");
}

#[test]
fn what_does_not_fit_is_not_begun() {
    let directory = tempfile::tempdir().unwrap();
    let (guard, _) = guard(directory.path(), None);
    guard.check_room(1).unwrap();
    let refused = guard.check_room(1 << 60).unwrap_err().to_string();
    assert!(refused.contains("is too full: "), "{refused}");
    assert!(refused.ends_with("1048576.0 TiB are needed"), "{refused}");
}

#[test]
fn the_write_ahead_log_may_grow_as_large_as_the_database_and_not_larger() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("curt.db");
    let log = File::create(directory.path().join("curt.db-wal")).unwrap();
    // Sparse files take no space.
    File::create(&database).unwrap().set_len(2 << 30).unwrap();
    let (guard, _) = guard(directory.path(), Some(&database));
    for (bytes, is_fine) in [(0, true), (LOG_BYTES_MIN + 1, true), ((2 << 30) + 1, false)] {
        log.set_len(bytes).unwrap();
        assert_eq!(guard.check().is_ok(), is_fine, "{bytes}");
    }
    let stop = guard.check().unwrap_err().to_string();
    assert!(stop.ends_with("the write-ahead log grew to 2.0 GiB"), "{stop}");
    File::create(&database).unwrap();
    log.set_len(LOG_BYTES_MIN).unwrap();
    guard.check().unwrap();
}
