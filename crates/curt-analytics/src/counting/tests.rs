//! The size of batches, and what they report.

use std::{
    fs::{self, OpenOptions},
    num::NonZeroUsize,
    os::unix::fs::FileExt as _,
    path::Path,
};

use curt_domain::ManualClock;
use curt_journal::JournalSettings;
use testkit::databases::TestDatabase;

use super::*;
use crate::testing::{append, connect};

/// A disk that is slow for each transaction, however small, must not keep batches small forever.
#[test]
fn batches_that_were_too_large_for_a_moment_grow_again() {
    let slow = STORE_TIME_HIGH + Duration::from_millis(1);
    let mut rows_max = CLICK_ROWS_MAX;
    for _ in 0..10 {
        rows_max = rows_max_after(rows_max, slow);
    }
    assert_eq!(rows_max, ROWS_FLOOR);
    for _ in 0..CLICK_ROWS_MAX / ROWS_FLOOR {
        let next = rows_max_after(rows_max, STORE_TIME_HIGH);
        assert!(rows_max < next || next == CLICK_ROWS_MAX);
        rows_max = next;
    }
    assert_eq!(rows_max, CLICK_ROWS_MAX);
}

/// A journal in a separate directory, with clicks on different links.
fn journal(home: &Path, clock: &ManualClock) -> Arc<Journal> {
    let settings = JournalSettings::new(home.join("journal"), NonZeroUsize::MIN);
    Arc::new(Journal::open(settings, Clock::Manual(clock.clone())).unwrap())
}

fn drain(store: Store, home: &Path, live: &Arc<Journal>, clock: &ManualClock) -> Counting {
    let (directory, mode) = (home.join("journal"), CountingMode::Drain(Arc::clone(live)));
    Counting::new(store, directory, Clock::Manual(clock.clone()), mode)
}

async fn count(counting: &mut Counting) -> Batch {
    match counting.pass().await.unwrap() {
        Pass::Counted(batch) => batch,
        pass => panic!("{pass:?}"),
    }
}

/// A quiet worker's segment, which is the oldest, and a backlog in later segments.
#[tokio::test]
async fn the_lag_is_that_of_the_oldest_click_whatever_segment_it_is_in() {
    const HOUR: Duration = Duration::from_hours(1);
    let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let live = journal(home.path(), &clock);
    clock.advance(HOUR);
    let backlog_at = clock.now();
    let dead = journal(elsewhere.path(), &clock);
    append(&dead, 1..=2 * CLICK_ROWS_MAX as u64, backlog_at);
    dead.close();
    for segment in segments(&elsewhere.path().join("journal")).unwrap().segments {
        let name = segment.path.file_name().unwrap();
        fs::copy(&segment.path, home.path().join("journal").join(name)).unwrap();
    }
    clock.advance(HOUR);
    let database = TestDatabase::sqlite();
    let store = connect(&database).await;
    let mut counting = drain(store, home.path(), &live, &clock);
    for clicks in [0, 1] {
        append(&live, 1..=clicks, clock.now());
        let batch = count(&mut counting).await;
        assert_eq!((batch.is_dry, batch.counted_to), (false, backlog_at), "{clicks} live clicks");
    }
    loop {
        let batch = count(&mut counting).await;
        if batch.is_dry {
            assert_eq!(batch.counted_to, clock.now());
            break;
        }
    }
}

/// Otherwise all later records would wait until the segment is full, which may take months.
#[tokio::test]
async fn damage_in_a_segment_that_is_being_written_costs_no_other_click() {
    let home = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let live = journal(home.path(), &clock);
    let directory = home.path().join("journal");
    append(&live, 1..=10, clock.now());
    for segment in segments(&directory).unwrap().segments {
        let bytes = fs::read(&segment.path).unwrap();
        let mut words = bytes.windows(7).enumerate().filter(|(_, word)| word == b"Firefox");
        if let Some((at, _)) = words.nth(4) {
            let file = OpenOptions::new().write(true).open(&segment.path).unwrap();
            file.write_all_at(b"firefox", at as u64).unwrap();
        }
    }
    let database = TestDatabase::sqlite();
    let store = connect(&database).await;
    let mut counting = drain(store, home.path(), &live, &clock);
    let batch = count(&mut counting).await;
    assert_eq!((batch.clicks, batch.missing.lost, batch.is_dry), (9, 1, true));
    append(&live, 1..=10, clock.now());
    let batch = count(&mut counting).await;
    assert_eq!((batch.clicks, batch.missing.lost, batch.is_dry), (10, 0, true));
}

/// As `rsync` or a restore does it. The journal restores the file when it notices.
#[tokio::test]
async fn a_segment_that_is_replaced_while_it_is_written_costs_no_click() {
    const PATIENCE: Duration = Duration::from_secs(20);
    let home = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let live = journal(home.path(), &clock);
    let directory = home.path().join("journal");
    append(&live, 1..=10, clock.now());
    for segment in segments(&directory).unwrap().segments {
        let copy = segment.path.with_extension("copy");
        fs::copy(&segment.path, &copy).unwrap();
        fs::rename(&copy, &segment.path).unwrap();
    }
    append(&live, 1..=10, clock.now());
    let database = TestDatabase::sqlite();
    let store = connect(&database).await;
    let mut counting = drain(store, home.path(), &live, &clock);
    let (mut clicks, since) = (0, Instant::now());
    while clicks < 20 {
        assert!(since.elapsed() < PATIENCE, "{clicks} of 20");
        let batch = match counting.pass().await {
            Ok(Pass::Counted(batch)) => batch,
            // The file was restored between being listed and being opened.
            Ok(Pass::Skipped | Pass::Overtaken) => continue,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(batch.missing, ClickLosses::default());
        clicks += batch.clicks;
    }
    assert_eq!(counting.pass().await.map(|pass| matches!(pass, Pass::Counted(_))).ok(), Some(true));
    assert_eq!(counting.records_done(), 20);
}
