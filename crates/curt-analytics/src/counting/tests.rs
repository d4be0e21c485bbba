//! How large batches are, and what is said of them.

use std::{
    fs::{self, OpenOptions},
    net::IpAddr,
    num::NonZeroUsize,
    ops::RangeInclusive,
    os::unix::fs::FileExt as _,
    path::Path,
};

use curt_domain::{Click, ClickQuery, LinkId, ManualClock, Privacy};
use curt_journal::JournalSettings;
use curt_store::{StoreMetrics, StoreSettings};
use testkit::databases::TestDatabase;

use super::*;

/// A disk that takes its time for each transaction, however small, must not keep batches small for ever.
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

/// A journal in a directory of its own, with clicks of different links.
fn journal(home: &Path, clock: &ManualClock) -> Arc<Journal> {
    let settings = JournalSettings::new(home.join("journal"), NonZeroUsize::MIN);
    Arc::new(Journal::open(settings, Clock::Manual(clock.clone())).unwrap())
}

fn append(journal: &Journal, links: RangeInclusive<u64>, at: Timestamp) {
    for link in links {
        let click = Click {
            link: LinkId::new(link).unwrap(),
            at,
            decided: None,
            client: IpAddr::from([192, 0, 2, 1]),
            privacy: Privacy::default(),
            user_agent: b"Firefox",
            referrer: b"",
            language: b"",
            query: ClickQuery::default(),
        };
        journal.append(click.encoded_len(), |place| click.encode(place)).unwrap();
    }
}

async fn connect(database: &TestDatabase) -> Store {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    store
}

async fn count(counting: &mut Counting) -> Batch {
    match counting.pass().await.unwrap() {
        Pass::Counted(batch) => batch,
        pass => panic!("{pass:?}"),
    }
}

/// A quiet worker's segment, which is the oldest, and a backlog in those that come after it.
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
    let (directory, purpose) = (home.path().join("journal"), Purpose::Drain(Arc::clone(&live)));
    let mut counting = Counting::new(store, directory, Clock::Manual(clock.clone()), purpose);
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

/// Else everything behind it waits until the segment is full, which may take months.
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
    let purpose = Purpose::Drain(Arc::clone(&live));
    let mut counting = Counting::new(store, directory, Clock::Manual(clock.clone()), purpose);
    let batch = count(&mut counting).await;
    assert_eq!((batch.clicks, batch.missing.lost, batch.is_dry), (9, 1, true));
    append(&live, 1..=10, clock.now());
    let batch = count(&mut counting).await;
    assert_eq!((batch.clicks, batch.missing.lost, batch.is_dry), (10, 0, true));
}

/// As `rsync` or a restore does it. The journal writes the file anew when it notices.
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
    let purpose = Purpose::Drain(Arc::clone(&live));
    let mut counting = Counting::new(store, directory, Clock::Manual(clock), purpose);
    let (mut clicks, since) = (0, Instant::now());
    while clicks < 20 {
        assert!(since.elapsed() < PATIENCE, "{clicks} of 20");
        let batch = match counting.pass().await {
            Ok(Pass::Counted(batch)) => batch,
            // It was written anew between being listed and being opened.
            Ok(Pass::Left | Pass::Overtaken) => continue,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(batch.missing, ClickLosses::default());
        clicks += batch.clicks;
    }
    assert_eq!(counting.pass().await.map(|pass| matches!(pass, Pass::Counted(_))).ok(), Some(true));
    assert_eq!(counting.records_done(), 20);
}
