use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    num::NonZeroUsize,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use curt_domain::Clock;

use super::*;
use crate::{
    Mark, RECORD_LEN_MAX, SegmentReader, WritingKind,
    condition::State,
    segments,
    settings::SYNC_INTERVAL_DEFAULT,
    shard::Counts,
    shared::RoundRequest,
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
            let killed = snapshot(directory.path());
            // The journal goes first, then its directory.
            drop(journal);
            directory = killed;
        }
        // Ends the last segment, and starts without reporting anything.
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
    assert!(crate::directory::is_in_use(directory.path()).unwrap());
    drop(journal);
    assert!(!crate::directory::is_in_use(directory.path()).unwrap());
    open(directory.path(), WritingKind::Mapped).close();
}

#[test]
fn many_threads_append_while_a_reader_follows() {
    const RECORDS: u64 = 40_000;
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

/// Returns the numbers that were not dropped.
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
        // Read before the directory is listed, so that the listing has all that was written.
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
            // An empty segment is removed by its journal.
            let file = listing.segments.iter().find(|segment| segment.id == reader.id());
            if let (true, Some(file)) = (progress.ended, file) {
                crate::remove_finished(file).unwrap();
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
        let mut now = Instant::now();
        let mut keeper = Keeper::new(Arc::clone(&shared), now).unwrap();
        let mut round = |expected| {
            now += SYNC_INTERVAL_DEFAULT;
            keeper.round(now, RoundRequest { sync: true, ..RoundRequest::default() });
            let condition = shared.condition.lock();
            let stats =
                Stats::new(&condition, Counts::default(), shared.settings.capacity, Instant::now());
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
        drop((keeper, shared));
        open(directory.path(), kind).close();
        let content = read(directory.path());
        assert_eq!((content.payloads.len(), content.dropped), (first + 1, 2));
    }
}

/// Tells the test, run again as a child, where its journal is, and where its numbers begin.
const CHILD_VARIABLE: &str = "CURT_JOURNAL_CHILD";
/// More than the child can append before it is killed.
const CHILD_RECORDS_MAX: u64 = 1_000_000;

#[test]
fn kill_9_loses_nothing_that_was_appended() {
    if let Ok(job) = std::env::var(CHILD_VARIABLE) {
        return append_until_killed(&job);
    }
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let mut appended = BTreeSet::new();
        for cycle in 0..5u64 {
            let from = cycle * CHILD_RECORDS_MAX * 2;
            let job = format!("{} {kind:?} {from}", directory.path().display());
            let before = appended.len();
            appended.extend(kill_after(&job, 1_000 + 1_500 * cycle));
            assert!(before + 500 < appended.len(), "it got somewhere: {}", appended.len() - before);
        }
        open(directory.path(), kind).close();
        let content = read(directory.path());
        let found = numbers(&content);
        let distinct: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!(distinct.len(), found.len(), "{kind:?}: nothing twice");
        assert_eq!(appended.difference(&distinct).count(), 0, "{kind:?}: nothing lost");
        let told = (content.lost, content.bytes_skipped, content.dropped, content.damaged_segments);
        assert_eq!(told, (0, 0, 0, 0), "{kind:?}: nothing to tell");
    }
}

/// Two threads, so that the process dies while one of them is within a record.
fn append_until_killed(job: &str) {
    let [directory, kind, from] = job.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let kind = KINDS.into_iter().find(|k| format!("{k:?}") == kind).unwrap();
    let from: u64 = from.parse().unwrap();
    let shards = NonZeroUsize::new(2).unwrap();
    let settings = JournalSettings { shards, ..settings(Path::new(directory), kind) };
    let journal = Journal::open(settings, Clock::System).unwrap();
    thread::scope(|scope| {
        for first in [from, from + CHILD_RECORDS_MAX] {
            let journal = &journal;
            scope.spawn(move || {
                for number in first..first + CHILD_RECORDS_MAX {
                    if append_numbers(journal, number, 1) == [number] {
                        println!("appended {number}");
                    }
                }
            });
        }
    });
}

/// Returns what the child had appended when it was killed, which is after at least `lines` lines.
fn kill_after(job: &str, lines: u64) -> Vec<u64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["journal::tests::kill_9_loses_nothing_that_was_appended", "--exact"]);
    command.arg("--nocapture").env(CHILD_VARIABLE, job).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    for _ in 0..lines {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "it ended by itself: {text}");
    }
    child.kill().unwrap();
    // Only complete lines count; the child died while it wrote the last one.
    said.read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let number = |line: &str| line.strip_prefix("appended ")?.parse().ok();
    whole.lines().filter_map(number).collect()
}

#[test]
fn the_directory_stays_locked_while_somebody_may_drain_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(directory.path(), WritingKind::Pwrite));
    append(&journal, b"to drain");
    journal.close();
    let found = segments(directory.path()).unwrap().segments;
    assert_eq!(journal.liveness(found[0].id), Liveness::Ended);
    let opened = Journal::open(settings(directory.path(), WritingKind::Pwrite), Clock::System);
    assert!(matches!(opened, Err(OpenError::InUse { .. })), "{opened:?}");
    drop(journal);
    open(directory.path(), WritingKind::Pwrite);
}

#[test]
fn no_segment_is_judged_without_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), WritingKind::Pwrite);
    append(&journal, b"of another process");
    drop(journal);
    let found = segments(directory.path()).unwrap().segments;
    // A full table of open files, or a disk that cannot be written: opening succeeds anyway.
    let journal = open(directory.path(), WritingKind::Pwrite);
    let lock = journal.shared.lock.lock().take();
    assert!(lock.is_some() && !journal.has_directory());
    assert_eq!(journal.liveness(found[0].id), Liveness::Live);
}

#[test]
fn what_comes_after_the_end_is_known_exactly() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), WritingKind::Mapped);
    append(&journal, b"in time");
    assert!(journal.append(RECORD_LEN_MAX + 1, |_| {}).is_err(), "on record: in the header");
    journal.close();
    for _ in 0..3 {
        assert!(journal.append(4, |out| out.copy_from_slice(b"late")).is_err());
    }
    assert_eq!(journal.dropped_since_close(), 3);
    assert_eq!(read(directory.path()).dropped, 1);
}
