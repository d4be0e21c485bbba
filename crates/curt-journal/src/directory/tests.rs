use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;
use crate::{
    Mark, SegmentReader, WritingKind,
    testing::{append, open as open_journal, quick_directory, read},
};

/// Two segments, each with a record.
fn two_segments() -> (TempDir, Vec<SegmentFile>) {
    let directory = quick_directory();
    for payload in [b"first", b"other"] {
        let journal = open_journal(directory.path(), WritingKind::Pwrite);
        append(&journal, payload);
        journal.close();
    }
    let found = segments(directory.path()).unwrap().segments;
    assert_eq!(found.len(), 2);
    (directory, found)
}

fn at(days: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_hours(24 * days))
}

#[test]
fn a_segments_id_reads_as_it_is_written() {
    for id in [SegmentId(0), SegmentId(0xab), SegmentId(u128::MAX)] {
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    for text in ["", "ab", &"A".repeat(32), &"+".repeat(32), &"a".repeat(33)] {
        assert!(text.parse::<SegmentId>().is_err(), "{text}");
    }
}

#[test]
fn nobody_else_can_read_what_visitors_sent() {
    let (directory, found) = two_segments();
    quarantine(directory.path(), &found[0], at(0)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&found[1].path), 0o600);
    assert_eq!(mode(&directory.path().join(LOCK_FILE)), 0o600);
    let damaged = directory.path().join(DAMAGED_DIRECTORY);
    assert_eq!(mode(&damaged), 0o700);
    assert_eq!(mode(&segments(&damaged).unwrap().segments[0].path), 0o600);
}

#[test]
fn what_is_not_ours_is_told_and_left_alone() {
    let (directory, found) = two_segments();
    let names = ["notes.txt", "12.seg", "x-00000000000000000000000000000000.seg", "a.new"];
    for name in names {
        fs::write(directory.path().join(name), "somebody's").unwrap();
    }
    let link = found[0].path.with_file_name(format!("7-{}.seg", SegmentId(7)));
    symlink("/etc/passwd", &link).unwrap();
    open_journal(directory.path(), WritingKind::Pwrite).close();

    let listing = segments(directory.path()).unwrap();
    assert_eq!(listing.segments, found);
    let mut expected: Vec<_> = names.iter().map(|name| directory.path().join(name)).collect();
    expected.push(link);
    expected.sort();
    assert_eq!(listing.foreign, expected);
}

#[test]
fn no_link_is_followed_to_where_a_segment_was() {
    let (directory, found) = two_segments();
    let elsewhere = directory.path().join("elsewhere");
    fs::rename(&found[0].path, &elsewhere).unwrap();
    symlink(&elsewhere, &found[0].path).unwrap();
    assert!(SegmentReader::open(&found[0], Mark::default()).is_err());
    fs::remove_file(&found[0].path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &found[0].path, rustix::fs::Mode::RUSR).unwrap();
    assert!(segments(directory.path()).unwrap().foreign.contains(&found[0].path));
}

#[test]
fn quarantine_keeps_a_segment_readable_for_a_week() {
    let (directory, found) = two_segments();
    let damaged = directory.path().join(DAMAGED_DIRECTORY);
    quarantine(directory.path(), &found[0], at(0)).unwrap();
    quarantine(directory.path(), &found[1], at(4)).unwrap();
    quarantine(directory.path(), &found[1], at(4)).unwrap();
    assert!(segments(directory.path()).unwrap().segments.is_empty());
    assert_eq!(read(&damaged).payloads, [b"first", b"other"]);
    remove_old_damaged(directory.path(), at(7)).unwrap();
    assert_eq!(read(&damaged).payloads, [b"first", b"other"]);
    remove_old_damaged(directory.path(), at(8)).unwrap();
    assert_eq!(read(&damaged).payloads, [b"other"]);
}

#[test]
fn a_dying_disk_is_not_filled_up_with_its_remains() {
    let (directory, found) = two_segments();
    for segment in &found {
        File::options().write(true).open(&segment.path).unwrap().set_len(40 << 20).unwrap();
    }
    let found = segments(directory.path()).unwrap().segments;
    for (day, segment) in (0..).zip(&found) {
        quarantine(directory.path(), segment, at(day)).unwrap();
    }
    let kept = segments(&directory.path().join(DAMAGED_DIRECTORY)).unwrap().segments;
    assert_eq!(kept.iter().map(|kept| kept.id).collect::<Vec<_>>(), [found[1].id]);
}

#[test]
fn what_was_being_made_when_a_process_died_is_removed() {
    let (directory, found) = two_segments();
    let unfinished = found[0].path.with_extension(UNFINISHED_EXTENSION);
    fs::write(&unfinished, "half a header").unwrap();
    assert_eq!(segments(directory.path()).unwrap().foreign, Vec::<PathBuf>::new());
    open_journal(directory.path(), WritingKind::Pwrite).close();
    assert!(!unfinished.exists());
    remove_finished(&found[0]).unwrap();
    remove_finished(&found[0]).unwrap();
    assert_eq!(segments(directory.path()).unwrap().segments, found[1..]);
}

#[test]
fn what_cannot_be_removed_keeps_no_journal_from_being_opened() {
    let (directory, found) = two_segments();
    let unfinished = unfinished(&found[0].path);
    fs::create_dir(&unfinished).unwrap();
    let journal = open_journal(directory.path(), WritingKind::Pwrite);
    append(&journal, b"goes on");
    journal.close();
    assert!(unfinished.exists());
    assert_eq!(read(directory.path()).payloads.len(), 3);
}

/// Otherwise a copy would pass for the segment itself.
#[test]
fn a_segment_has_one_name() {
    let (directory, found) = two_segments();
    let name = found[0].path.file_name().unwrap().to_str().unwrap();
    let copy = directory.path().join(format!("0{name}"));
    fs::copy(&found[0].path, &copy).unwrap();
    let listing = segments(directory.path()).unwrap();
    assert_eq!((listing.segments, listing.foreign), (found, vec![copy]));
}

#[test]
fn a_pipe_in_place_of_the_lock_keeps_nobody_waiting() {
    let directory = quick_directory();
    let lock = directory.path().join(LOCK_FILE);
    let made = std::process::Command::new("mkfifo").arg(&lock).status().unwrap();
    assert!(made.success());
    assert!(is_in_use(directory.path()).is_err());
}

#[test]
fn only_a_journal_passes_for_one() {
    let home = quick_directory();
    let path = home.path();
    let is_one = || is_journal(path, &segments(path).unwrap());
    assert!(!is_one(), "empty");
    fs::write(path.join("lock"), "").unwrap();
    fs::create_dir(path.join("lost+found")).unwrap();
    assert!(is_one(), "all of it is counted and gone");
    fs::write(path.join("curt.db"), "").unwrap();
    assert!(!is_one(), "a data directory has a lock too");
}

#[test]
fn a_directory_that_others_can_change_is_refused() {
    let home = quick_directory();
    let directory = home.path().join("journal");
    let open = |directory: &Path| {
        let settings = crate::testing::settings(directory, WritingKind::Pwrite);
        crate::Journal::open(settings, curt_domain::Clock::System)
    };
    let reason = |directory: &Path| match open(directory) {
        Err(crate::OpenError::Unfit { reason, .. }) => reason,
        opened => panic!("{opened:?}"),
    };
    assert!(matches!(reason(&directory.join("deeper")), Unfit::NoParent));
    fs::write(&directory, "a file").unwrap();
    assert!(matches!(reason(&directory), Unfit::NotADirectory));
    fs::remove_file(&directory).unwrap();
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(reason(&directory), Unfit::WritableByOthers { mode: 0o770 }));
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let elsewhere = home.path().join("elsewhere");
    symlink(&elsewhere, directory.join(LOCK_FILE)).unwrap();
    assert!(matches!(reason(&directory), Unfit::LinkedLock));
    assert!(!elsewhere.exists());
    fs::remove_file(directory.join(LOCK_FILE)).unwrap();
    open(&directory).unwrap();
}
