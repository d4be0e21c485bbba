//! Whatever happens to a journal's file, only written records are read back: in order, once, and
//! the same after recovery and over any number of restarts of the reader.

#![no_main]

use std::{fs, num::NonZeroUsize, path::PathBuf, sync::LazyLock};

use curt_domain::Clock;
use curt_journal::{
    Journal, JournalSettings, Liveness, Mark, SegmentReader, SegmentState, inspect, segments,
};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const RECORDS: u8 = 40;
/// Records start after the header's page.
const HEADER_LEN: usize = 4096;

static PATIENT: LazyLock<Patient> = LazyLock::new(Patient::new);

fuzz_target!(|input: &[u8]| {
    let Some((&batch, mut input)) = input.split_first() else { return };
    let mut bytes = PATIENT.sound.clone();
    while let Some(rest) = damage(&mut bytes, input) {
        input = rest;
    }
    fs::write(&PATIENT.path, &bytes).unwrap();
    let read = PATIENT.read(u64::from(batch % 16) + 1);
    PATIENT.check(&read);
    // Recovery takes a thousand times as long as all the rest.
    if batch.is_multiple_of(32) {
        PATIENT.recover();
        assert_eq!(PATIENT.read(100), read, "after recovery");
        let _ = fs::remove_file(&PATIENT.path);
    }
});

/// Takes one damage from the input: what, where, how much, and sometimes which bytes.
fn damage<'a>(bytes: &mut Vec<u8>, input: &'a [u8]) -> Option<&'a [u8]> {
    let (&[what, at_low, at_high, len], rest) = input.split_first_chunk()?;
    let at = usize::from(u16::from_le_bytes([at_low, at_high])) % (bytes.len() + 1);
    let end = (at + usize::from(len)).min(bytes.len());
    match what % 6 {
        0 if at < bytes.len() => bytes[at] ^= 1 << (len % 8),
        1 => bytes[at..end].fill(0),
        2 => bytes.truncate(at),
        3 => bytes.resize(bytes.len() + usize::from(len), 0),
        4 => {
            let from = HEADER_LEN.min(bytes.len());
            let to = (at & !7).max(from).min(bytes.len());
            let len = usize::from(len).min(bytes.len() - to);
            bytes.copy_within(from..from + len, to);
        }
        _ => {
            let (written, rest) = rest.split_at(rest.len().min(end - at));
            bytes[at..at + written.len()].copy_from_slice(written);
            return Some(rest);
        }
    }
    Some(rest)
}

/// A directory with one segment, whose file is damaged and read repeatedly.
struct Patient {
    directory: TempDir,
    path: PathBuf,
    sound: Vec<u8>,
    payloads: Vec<Vec<u8>>,
}

impl Patient {
    fn new() -> Self {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let settings = JournalSettings::new(directory.path().to_owned(), NonZeroUsize::MIN);
        let journal = Journal::open(settings, Clock::System).unwrap();
        let payloads: Vec<_> = (0..RECORDS).map(|n| vec![n; usize::from(n) * 7 % 100]).collect();
        for payload in &payloads {
            journal.append(payload.len(), |out| out.copy_from_slice(payload)).unwrap();
        }
        journal.close();
        let path = segments(directory.path()).unwrap().segments.remove(0).path;
        let sound = fs::read(&path).unwrap();
        Self { directory, path, sound, payloads }
    }

    /// Reads with a new reader for each batch.
    fn read(&self, batch: u64) -> Read {
        let mut read = Read::default();
        let Ok(listing) = segments(self.directory.path()) else { return read };
        let Some(segment) = listing.segments.into_iter().find(|s| s.path == self.path) else {
            return read;
        };
        let mut mark = Mark::default();
        loop {
            let Ok(mut reader) = SegmentReader::open(&segment, mark) else { return read };
            let mut each = |payload: &[u8]| read.payloads.push(payload.to_vec());
            let progress = reader.next_batch(batch, Liveness::Ended, &mut each).unwrap();
            read.lost += progress.lost;
            assert!(mark.records <= reader.mark().records && progress.records <= batch);
            mark = reader.mark();
            if progress.ended {
                break;
            }
        }
        let inspection = inspect(&segment, Liveness::Ended, &mut |_| {}).unwrap();
        assert_eq!((inspection.records, inspection.lost), (read.payloads.len() as u64, read.lost));
        if inspection.state == SegmentState::Sealed && segment.len <= self.sound.len() as u64 {
            read.is_sealed_as_written = true;
        }
        read
    }

    fn check(&self, read: &Read) {
        let mut written = self.payloads.iter();
        for payload in &read.payloads {
            assert!(written.any(|w| w == payload), "invented, repeated or out of order");
        }
        let known = read.payloads.len() as u64 + read.lost;
        assert!(known <= u64::from(RECORDS));
        assert!(!read.is_sealed_as_written || known == u64::from(RECORDS));
    }

    fn recover(&self) {
        let settings = JournalSettings::new(self.directory.path().to_owned(), NonZeroUsize::MIN);
        Journal::open(settings, Clock::System).unwrap().close();
    }
}

#[derive(Debug, Default)]
struct Read {
    payloads: Vec<Vec<u8>>,
    lost: u64,
    is_sealed_as_written: bool,
}

/// Ignores seals, because recovery adds missing ones.
impl PartialEq for Read {
    fn eq(&self, other: &Self) -> bool {
        (&self.payloads, self.lost) == (&other.payloads, other.lost)
    }
}
