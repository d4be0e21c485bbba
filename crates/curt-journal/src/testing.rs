//! What the tests of this crate share.

use std::{
    fs::{self, File},
    num::NonZeroUsize,
    os::unix::fs::FileExt as _,
    path::Path,
};

use curt_domain::Clock;
use rustix::fs::SeekFrom;
use tempfile::TempDir;

use crate::{
    Journal, JournalSettings, Liveness, Mark, Progress, RECORD_LEN_MAX, SegmentFile, SegmentReader,
    WritingKind, segments,
};

pub(crate) const KINDS: [WritingKind; 2] = [WritingKind::Mapped, WritingKind::Pwrite];

pub(crate) fn settings(directory: &Path, kind: WritingKind) -> JournalSettings {
    let shards = NonZeroUsize::new(1).unwrap();
    JournalSettings { writing: Some(kind), ..JournalSettings::new(directory.to_owned(), shards) }
}

pub(crate) fn open(directory: &Path, kind: WritingKind) -> Journal {
    Journal::open(settings(directory, kind), Clock::System).unwrap()
}

pub(crate) fn append(journal: &Journal, payload: &[u8]) {
    journal.append(payload.len(), |out| out.copy_from_slice(payload)).unwrap();
}

/// A sealed segment of half a megabyte, and the number of its records.
pub(crate) fn long_segment(directory: &Path) -> (SegmentFile, u64) {
    const RECORDS: u64 = 100;
    let journal = open(directory, WritingKind::Pwrite);
    for _ in 0..RECORDS {
        append(&journal, &[1; RECORD_LEN_MAX]);
    }
    journal.close();
    (segments(directory).unwrap().segments.remove(0), RECORDS)
}

/// Everything in a journal that is not being written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) payloads: Vec<Vec<u8>>,
    pub(crate) lost: u64,
    pub(crate) bytes_skipped: u64,
    pub(crate) dropped: u64,
    pub(crate) damaged_segments: usize,
}

pub(crate) fn read(directory: &Path) -> Content {
    let mut content = Content::default();
    for segment in segments(directory).unwrap().segments {
        let mut reader = SegmentReader::open(&segment, Mark::default()).unwrap();
        let progress = read_to_end(&mut reader, &mut content.payloads);
        content.lost += progress.lost;
        content.bytes_skipped += progress.bytes_skipped;
        content.dropped += progress.dropped;
        content.damaged_segments += usize::from(reader.is_damaged());
    }
    content
}

/// In small batches, so that the state kept between them is tested too.
pub(crate) fn read_to_end(reader: &mut SegmentReader, payloads: &mut Vec<Vec<u8>>) -> Progress {
    let mut sum = Progress::default();
    while !sum.ended {
        let mut each = |payload: &[u8]| payloads.push(payload.to_vec());
        let progress = reader.next_batch(3, Liveness::Ended, &mut each).unwrap();
        sum.records += progress.records;
        sum.lost += progress.lost;
        sum.bytes_skipped += progress.bytes_skipped;
        sum.dropped = progress.dropped;
        sum.ended = progress.ended;
    }
    sum
}

/// In memory if possible, for tests that are not about the disk.
pub(crate) fn quick_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// What the process's death would leave: the files as they are now.
pub(crate) fn snapshot(directory: &Path) -> TempDir {
    let copy = quick_directory();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            copy_data(&path, &copy.path().join(path.file_name().unwrap()));
        }
    }
    copy
}

/// Without space that is only reserved, to be fast.
fn copy_data(from: &Path, to: &Path) {
    let (from, to) = (File::open(from).unwrap(), File::create_new(to).unwrap());
    to.set_len(from.metadata().unwrap().len()).unwrap();
    let mut at = 0;
    while let Ok(data) = rustix::fs::seek(&from, SeekFrom::Data(at)) {
        at = rustix::fs::seek(&from, SeekFrom::Hole(data)).unwrap();
        let mut bytes = vec![0; usize::try_from(at - data).unwrap()];
        from.read_exact_at(&mut bytes, data).unwrap();
        to.write_all_at(&bytes, data).unwrap();
    }
}
