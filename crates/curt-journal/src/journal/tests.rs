use std::{collections::BTreeSet, fs, path::Path, sync::atomic::AtomicBool, thread};

use curt_domain::Clock;

use super::*;
use crate::{
    Mark, RECORD_LEN_MAX, SegmentReader,
    condition::State,
    segments,
    testing::{Content, KINDS, append, open, read, settings, snapshot},
};

fn numbers(content: &Content) -> Vec<u64> {
    let number = |payload: &Vec<u8>| u64::from_le_bytes(payload[..8].try_into().unwrap());
    content.payloads.iter().map(number).collect()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn records_come_back_as_they_went_in() {
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let journal = open(directory.path(), kind);
        let payloads: Vec<Vec<u8>> = (0..=255u8)
            .map(|n| vec![n; usize::from(n) * usize::from(n) % (RECORD_LEN_MAX + 1)])
            .chain([vec![1; RECORD_LEN_MAX]])
            .collect();
        for payload in &payloads {
            append(&journal, payload);
        }
        let killed = snapshot(directory.path());
        journal.close();
        for directory in [killed.path(), directory.path()] {
            let content = read(directory);
            assert_eq!(content.payloads, payloads, "{kind:?}");
            assert_eq!(
                content,
                Content { payloads: content.payloads.clone(), ..Content::default() }
            );
        }
        assert_eq!(journal.stats().records_appended, payloads.len() as u64);
    }
}

#[test]
fn every_death_is_ended_by_the_next_start_and_leaves_only_what_was_written() {
    for kind in KINDS {
        let mut directory = tempfile::tempdir().unwrap();
        for round in 0..40u64 {
            let journal = open(directory.path(), kind);
            append(&journal, &round.to_le_bytes());
            directory = snapshot(directory.path());
        }
        // Ends the last one, and starts without anything to say.
        open(directory.path(), kind).close();
        assert_eq!(numbers(&read(directory.path())), (0..40).collect::<Vec<_>>());
        let found = segments(directory.path()).unwrap();
        assert_eq!(found.segments.len(), 40, "one for each round, and none of the spares");
        let len = found.segments.iter().map(|segment| segment.len).max();
        assert!(len <= Some(4096 + 64), "trimmed: {len:?}");
    }
}

#[test]
fn opened_and_closed_without_a_record_it_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..40 {
        open(directory.path(), WritingKind::Mapped).close();
        open(snapshot(directory.path()).path(), WritingKind::Mapped).close();
    }
    assert_eq!(names(directory.path()), ["lock"]);
}

#[test]
fn nobody_else_opens_an_open_journal() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), WritingKind::Mapped);
    let again = Journal::open(settings(directory.path(), WritingKind::Mapped), Clock::System);
    assert!(matches!(again, Err(OpenError::InUse { .. })), "{again:?}");
    assert!(crate::is_in_use(directory.path()).unwrap());
    journal.close();
    assert!(!crate::is_in_use(directory.path()).unwrap());
    open(directory.path(), WritingKind::Mapped).close();
}

#[test]
fn many_threads_append_while_a_reader_follows() {
    const RECORDS: u64 = 60_000;
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let shards = NonZeroUsize::new(2).unwrap();
        let settings = JournalSettings { shards, ..settings(directory.path(), kind) };
        let journal = Journal::open(settings, Clock::System).unwrap();
        let is_closed = AtomicBool::new(false);
        let (appended, seen) = thread::scope(|scope| {
            let journal = &journal;
            let reader = scope.spawn(|| follow(journal, directory.path(), &is_closed));
            let append = |thread| move || append_numbers(journal, thread * RECORDS, RECORDS);
            let appenders = [0, 1, 2, 3].map(|thread| scope.spawn(append(thread)));
            let appended = appenders.map(|appender| appender.join().unwrap()).concat();
            journal.close();
            is_closed.store(true, Ordering::Release);
            (appended, reader.join().unwrap())
        });
        let stats = journal.stats();
        assert_eq!(stats.records_appended, appended.len() as u64);
        assert_eq!(stats.records_appended + stats.records_dropped, 4 * RECORDS);
        assert_eq!(seen.len(), appended.len(), "{kind:?}: every record once");
        assert_eq!(BTreeSet::from_iter(seen), BTreeSet::from_iter(appended), "{kind:?}");
    }
}

/// Returns those that were not dropped.
fn append_numbers(journal: &Journal, from: u64, count: u64) -> Vec<u64> {
    let is_kept = |number: &u64| {
        let bytes = [*number; 20].map(u64::to_le_bytes);
        journal.append(160, |out| out.copy_from_slice(bytes.as_flattened())).is_ok()
    };
    (from..from + count).filter(is_kept).collect()
}

/// Drains and deletes until the journal is closed and empty.
fn follow(journal: &Journal, directory: &Path, is_closed: &AtomicBool) -> Vec<u64> {
    let mut readers: Vec<SegmentReader> = Vec::new();
    let mut seen = Vec::new();
    loop {
        // Before the look at the directory: then all that was written stands in it.
        let is_closed = is_closed.load(Ordering::Acquire);
        let listing = segments(directory).unwrap();
        for segment in &listing.segments {
            if !readers.iter().any(|reader| reader.id() == segment.id)
                && let Ok(reader) = SegmentReader::open(segment, Mark::default())
            {
                readers.push(reader);
            }
        }
        readers.retain_mut(|reader| {
            let liveness = journal.liveness(reader.id());
            let progress = reader
                .next_batch(1_000, liveness, &mut |payload| {
                    assert_eq!(payload.len(), 160);
                    seen.push(u64::from_le_bytes(payload[..8].try_into().unwrap()));
                })
                .unwrap();
            assert_eq!((progress.lost, progress.bytes_skipped), (0, 0));
            if progress.ended {
                let file = listing.segments.iter().find(|segment| segment.id == reader.id());
                crate::remove_finished(file.unwrap()).unwrap();
            }
            !progress.ended
        });
        if is_closed && readers.is_empty() {
            return seen;
        }
    }
}

#[test]
fn at_capacity_records_are_dropped_and_counted_until_there_is_room() {
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let settings = JournalSettings { capacity: 0, ..settings(directory.path(), kind) };
        let shared = Arc::new(Shared::new(settings, Clock::System));
        let mut keeper = Keeper::new(Arc::clone(&shared), Instant::now()).unwrap();
        let mut round = |expected| {
            keeper.round(Instant::now(), Wanted { sync: true, ..Wanted::default() });
            let condition = shared.condition.lock();
            let stats = Stats::new(&condition, Counts::default(), shared.settings.capacity);
            drop(condition);
            assert_eq!(stats.state, expected, "{kind:?}");
        };
        let append = || shared.append(RECORD_LEN_MAX, |out| out.fill(7));
        let fill = || std::iter::from_fn(|| append().ok()).count();

        let first = fill();
        assert!(2_000 < first, "a whole segment");
        round(State::Working);
        assert_eq!(fill(), first, "and the spare one");
        round(State::Full);
        assert_eq!(fill(), 0);
        let oldest = segments(directory.path()).unwrap().segments.remove(0);
        crate::remove_finished(&oldest).unwrap();
        round(State::Working);
        assert!(shared.append(8, |out| out.fill(8)).is_ok(), "there is room again");

        let killed = snapshot(directory.path());
        assert_eq!(read(killed.path()).dropped, 2, "one is counted in the segment that is gone");
        drop(keeper);
        open(directory.path(), kind).close();
        let content = read(directory.path());
        assert_eq!((content.payloads.len(), content.dropped), (first + 1, 2));
    }
}
