//! Counting a journal that is not in use, or that a running server uses.

use std::{fs, path::Path};

use curt_analytics::{rehearse, replay};
use curt_journal::segments;
use curt_store::{CLICK_ROWS_MAX, JournalMark};

use crate::{
    journals::{TestJournal, append_one, click, damage},
    stores::{clock, counted, for_each_store, now},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_can_be_replayed_any_number_of_times() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(5_000);
        journal.journal().close();
        damage(&journal.segments()[0], 2_000);
        let before = journal.segments();
        let mut steps = Vec::new();
        let first = replay(store.clone(), journal.directory(), clock(), |counted| {
            steps.push(counted);
        })
        .await
        .unwrap();
        assert_eq!((first.counted, first.counted_before, first.lost), (4_999, 0, 1));
        assert_eq!(steps.last(), Some(&4_999));
        let again = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((again.counted, again.counted_before, again.lost), (0, 4_999, 1));
        assert_eq!(again.skipped, []);
        assert_eq!(counted(store).await, 4_999);
        assert_eq!(journal.segments(), before, "nothing is removed");
        assert_eq!(journal.damaged(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_in_use_can_be_replayed() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(300);
        let live = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((live.counted, live.counted_before), (300, 0));
        journal.append(40);
        let live = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((live.counted, live.counted_before), (40, 300));
        journal.append(2);
        journal.drain(store).await;
        assert_eq!(counted(store).await, 342);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_a_journal_has_nothing_to_count() {
    for_each_store(async |store, _| {
        let home = tempfile::tempdir().unwrap();
        let replayed =
            replay(store.clone(), home.path().join("none"), clock(), |_| {}).await.unwrap();
        assert_eq!((replayed.counted, replayed.counted_before), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_tells_what_a_replay_then_does() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(5_000);
        journal.journal().close();
        damage(&journal.segments()[0], 2_000);
        for counted_before in [0, 4_999] {
            let expected = (4_999 - counted_before, counted_before, 1);
            let told = rehearse(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
            assert_eq!((told.counted, told.counted_before, told.lost), expected);
            assert_eq!(counted(store).await, counted_before, "nothing is counted by that");
            let done = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
            assert_eq!((done.counted, done.counted_before, done.lost), expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_tells_no_click_twice_when_a_segment_is_left() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        append_batches(&journal);
        let newer = TestJournal::new();
        newer.append_bytes(b"\x02 whatever it may be");
        for journal in [&journal, &newer] {
            journal.journal().close();
        }
        // Read last, after a batch was already counted.
        for segment in newer.segments() {
            let name = segment.path.file_name().unwrap();
            fs::copy(&segment.path, journal.directory().join(name)).unwrap();
        }
        let told = rehearse(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((told.counted, told.skipped.len()), (2 * CLICK_ROWS_MAX as u64, 1));
    })
    .await;
}

/// More than one batch of clicks, each on a different link.
fn append_batches(journal: &TestJournal) {
    for number in 1..=2 * CLICK_ROWS_MAX as u64 {
        assert!(journal.append_one(&click(number, now())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_meanwhile_may_go_on_with_its_segments() {
    for_each_store(async |store, _| {
        let left = TestJournal::new();
        append_batches(&left);
        let home = left.into_home();
        let directory = home.path().join("journal");
        let mut started = None;
        replay(store.clone(), directory.clone(), clock(), |_| {
            started.get_or_insert_with(|| {
                let journal = TestJournal::reopen(&directory);
                assert!(append_one(&journal, &click(1, now())));
                journal
            });
        })
        .await
        .unwrap();
        let found = segments(&directory).unwrap().segments;
        let ids: Vec<_> = found.iter().map(|segment| segment.id.0).collect();
        let marks = store.journal_marks(&ids).await.unwrap();
        let is_live = |mark: &&JournalMark| mark.finished_at.is_none();
        let live: Vec<_> = marks.values().filter(is_live).map(|mark| mark.records).collect();
        assert_eq!(live, [1], "{marks:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_keeps_no_segment_open_that_it_has_read() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        append_batches(&journal);
        let copy = tempfile::tempdir().unwrap();
        for segment in journal.segments() {
            fs::copy(&segment.path, copy.path().join(segment.path.file_name().unwrap())).unwrap();
        }
        let mut open = Vec::new();
        replay(store.clone(), copy.path().to_owned(), clock(), |_| {
            open.push(open_files_in(copy.path()));
        })
        .await
        .unwrap();
        assert_eq!(open.last(), Some(&0), "{open:?}");
    })
    .await;
}

fn open_files_in(directory: &Path) -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap();
    // One of them would be the directory that is being read, but it is closed by then.
    let targets = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(directory)).count()
}
