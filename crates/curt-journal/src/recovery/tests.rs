//! A recovery that is killed at any point leaves a state that the next one repairs.

use std::{fs, ops::Range, os::unix::fs::FileExt as _};

use tempfile::TempDir;

use super::*;
use crate::{
    RECORD_LEN_MAX, WritingKind,
    reader::window::UNREADABLE,
    segments,
    testing::{Content, KINDS, append, long_segment, open, quick_directory, read, snapshot},
};

/// How many processes died there, one after the other; each leaves a segment, and an empty spare if
/// there was one.
const RUNS: u8 = 3;
const RECORDS: u8 = 5;

/// What they leave, none of it ended.
fn left_by_the_dead(kind: WritingKind) -> TempDir {
    let home = quick_directory();
    for run in 0..RUNS {
        let directory = quick_directory();
        let journal = open(directory.path(), kind);
        for number in 0..RECORDS {
            append(&journal, &[run, number]);
        }
        assert!(journal.append(RECORD_LEN_MAX + 1, |_| {}).is_err(), "dropped");
        let left = snapshot(directory.path());
        for segment in segments(left.path()).unwrap().segments {
            fs::rename(&segment.path, home.path().join(segment.path.file_name().unwrap())).unwrap();
        }
    }
    home
}

/// As if killed when these bytes of the seal were written, and before the segment was cut.
fn begin_to_end(segment: &SegmentFile, there: Range<usize>) {
    let mut reader = SegmentReader::open(segment, Mark::default()).unwrap();
    while !reader.next_batch(u64::MAX, Liveness::Ended, &mut |_| {}).unwrap().ended {}
    let count = u32::try_from(reader.cursor().next_number).unwrap();
    let seal = format::encode_seal(Seed::of(segment.id), count);
    let file = OpenOptions::new().write(true).open(&segment.path).unwrap();
    let at = reader.cursor().used_to + there.start as u64;
    file.write_all_at(&seal[there], at).unwrap();
}

fn assert_exact(directory: &Path, point: &str) {
    let Content { mut payloads, lost, dropped, damaged_segments, .. } = read(directory);
    payloads.sort();
    let all = (0..RUNS).flat_map(|run| (0..RECORDS).map(move |number| vec![run, number]));
    assert_eq!(payloads, all.collect::<Vec<_>>(), "{point}");
    assert_eq!((lost, dropped, damaged_segments), (0, RUNS.into(), 0), "{point}");
}

#[test]
fn p2_a_recovery_that_was_killed_is_made_good_by_the_next() {
    for kind in KINDS {
        let dead = left_by_the_dead(kind);
        let files = segments(dead.path()).unwrap().segments.len();
        for ended in 0..files {
            // If a seal crosses from one page to the next, its first word is written last.
            for there in [0..0, 4..RECORD_SPACE_MIN, 0..RECORD_SPACE_MIN] {
                let point = format!("{kind:?}, {ended} of {files}, {there:?} of a seal");
                let copy = snapshot(dead.path());
                let listed = segments(copy.path()).unwrap().segments;
                for segment in &listed[..ended] {
                    end_segment(segment).unwrap();
                }
                begin_to_end(&listed[ended], there);
                // A drain or an inspection may come first.
                assert_exact(copy.path(), &point);
                end_segments(copy.path()).unwrap();
                assert_exact(copy.path(), &point);
                let again = segments(copy.path()).unwrap().segments;
                assert_eq!(again.len(), usize::from(RUNS), "{point}: empty ones are gone");
                end_segments(copy.path()).unwrap();
                assert_eq!(
                    segments(copy.path()).unwrap().segments,
                    again,
                    "{point}: once is enough"
                );
            }
        }
    }
}

/// Otherwise a start would read a gigabyte after the database was away for long.
#[test]
fn what_was_ended_in_order_is_not_read_again() {
    let directory = quick_directory();
    let (segment, records) = long_segment(directory.path());
    UNREADABLE.set(8_192..300_000);
    end_segment(&segment).unwrap();
    UNREADABLE.set(0..0);
    assert_eq!(read(directory.path()).payloads.len() as u64, records);
}
