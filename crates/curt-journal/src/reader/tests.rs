use std::{fs, ops::Range, os::unix::fs::FileExt as _, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    Inspection, SegmentState, WritingKind,
    format::{RECORD_HEADER_LEN, space},
    inspect, recovery, segments,
    testing::{Content, append, open, quick_directory, read, snapshot},
};

const HEADER: usize = HEADER_LEN as usize;

/// All different, and covering all alignments.
const LENGTHS: [usize; 10] = [30, 1, 147, 0, 4, 64, 128, 5, 16, 33];

fn payloads() -> Vec<Vec<u8>> {
    (1..).zip(LENGTHS).map(|(n, len)| vec![n; len]).collect()
}

/// A directory with one segment, which tests damage and repair.
struct Patient {
    directory: TempDir,
    path: PathBuf,
    /// As the writer left it.
    sound: Vec<u8>,
}

impl Patient {
    /// Sealed and cut.
    fn closed() -> Self {
        let directory = quick_directory();
        let journal = open(directory.path(), WritingKind::Mapped);
        for payload in payloads() {
            append(&journal, &payload);
        }
        journal.close();
        Self::of(directory)
    }

    /// As a dead process leaves it, but without the space that it did not use.
    fn left() -> Self {
        let directory = quick_directory();
        let journal = open(directory.path(), WritingKind::Pwrite);
        for payload in payloads() {
            append(&journal, &payload);
        }
        let patient = Self::of(snapshot(directory.path()));
        patient.file().set_len(end_of_records() as u64 + 200).unwrap();
        Self::of(patient.directory)
    }

    fn of(directory: TempDir) -> Self {
        // The segment that was written to; the spare may or may not exist.
        let mut found = segments(directory.path()).unwrap().segments;
        found.retain(|segment| {
            let used = fs::read(&segment.path).unwrap()[HEADER..].iter().any(|&byte| byte != 0);
            if !used {
                fs::remove_file(&segment.path).unwrap();
            }
            used
        });
        assert_eq!(found.len(), 1);
        let path = found.remove(0).path;
        let sound = fs::read(&path).unwrap();
        Self { directory, path, sound }
    }

    fn file(&self) -> File {
        File::options().write(true).open(&self.path).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        self.file().set_len(bytes.len() as u64).unwrap();
        self.file().write_all_at(bytes, 0).unwrap();
    }

    fn read(&self) -> Content {
        read(self.directory.path())
    }

    fn flip(&self, offset: usize, bit: usize) {
        let mut bytes = self.sound.clone();
        bytes[offset] ^= 1 << bit;
        self.write(&bytes);
    }

    /// With a new reader for each batch, as after restarts.
    fn read_in_sessions(&self, batch: u64) -> (Vec<Vec<u8>>, u64) {
        let (mut seen, mut lost, mut mark) = (Vec::new(), 0, Mark::default());
        loop {
            let mut reader = self.reader(mark);
            let mut each = |payload: &[u8]| seen.push(payload.to_vec());
            let progress = reader.next_batch(batch, Liveness::Ended, &mut each).unwrap();
            lost += progress.lost;
            mark = reader.mark();
            if progress.ended {
                return (seen, lost);
            }
        }
    }

    /// Recovers as the next start would.
    fn recover(&self) {
        recovery::end_segments(self.directory.path()).unwrap();
    }

    fn reader(&self, mark: Mark) -> SegmentReader {
        let segment = segments(self.directory.path()).unwrap().segments.remove(0);
        SegmentReader::open(&segment, mark).unwrap()
    }

    fn inspect(&self) -> Inspection {
        let segment = segments(self.directory.path()).unwrap().segments.remove(0);
        inspect(&segment, Liveness::Ended, &mut |_| {}).unwrap()
    }
}

/// The offset after the record with this number.
fn end_of(number: usize) -> usize {
    HEADER + LENGTHS[..=number].iter().map(|&len| space(len)).sum::<usize>()
}

fn end_of_records() -> usize {
    end_of(LENGTHS.len() - 1)
}

/// The record that a byte of the file belongs to.
fn record_at(offset: usize) -> Option<usize> {
    (0..LENGTHS.len()).find(|&number| offset < end_of(number)).filter(|_| HEADER <= offset)
}

fn padding(number: usize) -> usize {
    space(LENGTHS[number]) - RECORD_HEADER_LEN - LENGTHS[number]
}

/// Padding of a record or of the seal.
fn is_padding(offset: usize) -> bool {
    match record_at(offset) {
        Some(number) => end_of(number) - padding(number) <= offset,
        None => end_of_records() + RECORD_HEADER_LEN <= offset,
    }
}

fn bits(bytes: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    bytes.flat_map(|offset| (0..8).map(move |bit| (offset, bit)))
}

fn without(number: usize) -> Vec<Vec<u8>> {
    let mut payloads = payloads();
    payloads.remove(number);
    payloads
}

#[test]
fn any_flipped_bit_costs_its_record_and_is_told() {
    let patient = Patient::closed();
    let sound = patient.read();
    for (offset, bit) in bits(0..HEADER_FIELDS_LEN).chain(bits(HEADER..patient.sound.len())) {
        patient.flip(offset, bit);
        let found = patient.read();
        patient.recover();
        assert_eq!(patient.read(), found, "after recovery, byte {offset}, bit {bit}");

        let where_it_is = format!("byte {offset}, bit {bit}: {found:?}");
        let number = record_at(offset);
        if is_padding(offset) {
            assert_eq!(found, sound, "nobody reads it: {where_it_is}");
            continue;
        }
        assert_eq!(found.damaged_segments, 1, "{where_it_is}");
        let Some(number) = number else {
            assert_eq!(found.payloads, payloads(), "{where_it_is}");
            continue;
        };
        let told = (found.lost, found.bytes_skipped);
        assert_eq!(found.payloads, without(number), "{where_it_is}");
        assert_eq!(told, (1, space(LENGTHS[number]) as u64), "{where_it_is}");
    }
}

#[test]
fn a_flipped_bit_in_what_a_dead_process_left_is_told_too() {
    let patient = Patient::left();
    for (offset, bit) in bits(HEADER..end_of_records()).filter(|&(at, _)| !is_padding(at)) {
        patient.flip(offset, bit);
        let found = patient.read();
        patient.recover();
        let recovered = patient.read();
        assert_eq!(patient.inspect().state, SegmentState::Sealed);

        let number = record_at(offset).unwrap();
        let is_last = number + 1 == LENGTHS.len();
        for content in [found, recovered] {
            let where_it_is = format!("byte {offset}, bit {bit}: {content:?}");
            assert_eq!(content.payloads, without(number), "{where_it_is}");
            // No number follows the last record, so only bytes can be reported as lost.
            assert_eq!(content.lost, u64::from(!is_last), "{where_it_is}");
            assert_ne!(content.bytes_skipped, 0, "{where_it_is}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_has_what_is_whole_before_the_cut() {
    let patient = Patient::closed();
    for len in 0..patient.sound.len() {
        patient.write(&patient.sound[..len]);
        let found = patient.read();
        // A cut within trailing zeros loses nothing.
        let is_whole = |&number: &usize| {
            let end = end_of(number);
            patient.sound[len.min(end)..end].iter().all(|&byte| byte == 0)
        };
        let whole = (0..LENGTHS.len()).take_while(is_whole).count();
        assert_eq!(found.payloads, payloads()[..whole], "cut to {len}");

        let rest_at = if whole == 0 { HEADER } else { end_of(whole - 1) };
        let rest = patient.sound[..len].get(rest_at..).unwrap_or_default();
        let is_sealed = patient.sound[len..].iter().all(|&byte| byte == 0);
        let is_visible = len < HEADER_FIELDS_LEN || rest.iter().any(|&byte| byte != 0);
        let is_visible = is_visible && !is_sealed;
        assert_eq!(found.damaged_segments, usize::from(is_visible), "cut to {len}: {found:?}");
        assert_eq!(0 < found.bytes_skipped, is_visible && HEADER < len, "cut to {len}: {found:?}");

        patient.recover();
        if 0 < whole || (is_visible && HEADER < len) {
            assert_eq!(patient.read(), found, "cut to {len}, then recovered");
            assert_eq!(patient.inspect().state, SegmentState::Sealed);
        }
        if !patient.path.exists() {
            assert_eq!(whole, 0, "cut to {len}: only what is empty goes");
            fs::write(&patient.path, []).unwrap();
        }
    }
}

#[test]
fn a_half_written_record_is_not_seen_and_not_kept() {
    let patient = Patient::left();
    let record = patient.sound[end_of(1)..end_of(2)].to_vec();
    for written in 4..record.len() {
        let mut bytes = patient.sound.clone();
        bytes[end_of_records()..][4..written].copy_from_slice(&record[4..written]);
        patient.write(&bytes);
        let expected = Content { payloads: payloads(), ..Content::default() };
        assert_eq!(patient.read(), expected);
        patient.recover();
        assert_eq!(patient.read(), expected);
        assert_eq!(fs::metadata(&patient.path).unwrap().len(), end_of_records() as u64 + 16);
    }
}

#[test]
fn in_a_live_segment_what_is_not_whole_is_not_there_yet() {
    let patient = Patient::left();
    let mut halves = patient.sound.clone();
    halves[end_of(3)..end_of(4)].fill(0xEE);
    patient.write(&halves);
    let mut reader = patient.reader(Mark::default());
    let mut seen = Vec::new();
    let mut read = |reader: &mut SegmentReader, liveness| {
        reader.next_batch(100, liveness, &mut |payload| seen.push(payload.to_vec())).unwrap()
    };
    assert_eq!(read(&mut reader, Liveness::Live), Progress { records: 4, ..Progress::default() });
    assert_eq!(read(&mut reader, Liveness::Live), Progress::default(), "it waits");
    patient.write(&patient.sound);
    assert_eq!(read(&mut reader, Liveness::Live), Progress { records: 6, ..Progress::default() });
    let ended = Progress { ended: true, ..Progress::default() };
    assert_eq!(read(&mut reader, Liveness::Ended), ended);
    assert_eq!(seen, payloads());
}

#[test]
fn damage_in_a_live_segment_is_judged_once_it_has_ended() {
    let patient = Patient::left();
    let mut bytes = patient.sound.clone();
    bytes[end_of(3)..end_of(5)].fill(0);
    patient.write(&bytes);
    let mut reader = patient.reader(Mark::default());
    let progress = reader.next_batch(100, Liveness::Live, &mut |_| {}).unwrap();
    assert_eq!((progress.records, progress.lost, progress.ended), (4, 0, false));
    let progress = reader.next_batch(100, Liveness::Ended, &mut |_| {}).unwrap();
    assert_eq!((progress.records, progress.lost, progress.ended), (4, 2, true));
    assert!(reader.is_damaged());
    assert_eq!(reader.mark(), Mark { records: 10, dropped: 0 });
}

/// The drain's own server wrote it, so damage is known before the segment ends.
#[test]
fn damage_in_what_this_process_has_written_is_judged_at_once() {
    let a_byte = end_of(3) + 8..end_of(3) + 9;
    for (damage, lost) in [(a_byte, 1), (end_of(3)..end_of(4), 1), (end_of(3)..end_of(5), 2)] {
        let patient = Patient::left();
        for fill in [0x00, 0xEE] {
            let mut bytes = patient.sound.clone();
            bytes[damage.clone()].fill(fill);
            patient.write(&bytes);
            let mut reader = patient.reader(Mark::default());
            let mut sum = Progress::default();
            let mut read = |to: usize| {
                let liveness = Liveness::Written { to: to as u64 };
                let progress = reader.next_batch(100, liveness, &mut |_| {}).unwrap();
                sum.records += progress.records;
                sum.lost += progress.lost;
                assert!(!progress.ended);
            };
            // While its writer proceeds: no byte is judged before it is known to be written.
            (0..LENGTHS.len()).map(end_of).for_each(&mut read);
            assert_eq!(sum.records, 10 - lost, "{damage:?}");
            assert_eq!(sum.lost, lost, "{damage:?}");
            assert!(reader.is_damaged());
        }
    }
}

#[test]
fn damage_in_a_live_segment_of_another_process_is_seen_by_whoever_inspects_it() {
    let patient = Patient::left();
    let live = |patient: &Patient| {
        let segment = segments(patient.directory.path()).unwrap().segments.remove(0);
        inspect(&segment, Liveness::Live, &mut |_| {}).unwrap()
    };
    assert_eq!(live(&patient), Inspection { state: SegmentState::Live, ..patient.inspect() });
    for fill in [0x00, 0xEE] {
        let mut bytes = patient.sound.clone();
        bytes[end_of(3)..end_of(5)].fill(fill);
        patient.write(&bytes);
        let found = live(&patient);
        assert_eq!((found.state, found.records, found.lost), (SegmentState::Live, 8, 2));
        assert!(found.is_damaged && 0 < found.bytes_skipped);
        // No whole record follows, so the record may still be in progress.
        bytes[end_of(3)..].fill(fill);
        patient.write(&bytes);
        assert_eq!((live(&patient).records, live(&patient).is_damaged), (4, false));
    }
}

#[test]
fn sealed_and_cut_it_has_ended_whatever_the_reader_was_told() {
    let patient = Patient::closed();
    patient.flip(end_of(3) + 2, 0);
    let mut reader = patient.reader(Mark::default());
    let progress = reader.next_batch(100, Liveness::Live, &mut |_| {}).unwrap();
    assert_eq!((progress.records, progress.lost, progress.ended), (9, 1, true));
}

#[test]
fn a_mark_beyond_the_end_is_simply_the_end() {
    let patient = Patient::closed();
    for records in [10, 11, 1_000] {
        let mark = Mark { records, dropped: 3 };
        let mut reader = patient.reader(mark);
        let progress = reader.next_batch(100, Liveness::Ended, &mut |_| panic!("news")).unwrap();
        assert_eq!(progress, Progress { dropped: 3, ended: true, ..Progress::default() });
        assert_eq!(reader.mark(), mark);
    }
}

#[test]
fn records_of_another_segment_are_garbage_here() {
    let (patient, other) = (Patient::left(), Patient::left());
    let mut bytes = patient.sound.clone();
    let stale = &other.sound[end_of(1)..end_of(6)];
    bytes.truncate(end_of_records());
    bytes.extend_from_slice(stale);
    patient.write(&bytes);
    let found = patient.read();
    assert_eq!(found.payloads, payloads());
    assert_eq!((found.lost, found.bytes_skipped), (0, stale.len() as u64));
}

#[test]
fn what_a_newer_release_wrote_is_left_alone() {
    let patient = Patient::left();
    let mut bytes = patient.sound.clone();
    bytes[8] += 1;
    let checksum = crc32c::crc32c(&bytes[..36]);
    bytes[36..40].copy_from_slice(&checksum.to_le_bytes());
    patient.write(&bytes);
    let segment = segments(patient.directory.path()).unwrap().segments.remove(0);
    let opened = SegmentReader::open(&segment, Mark::default());
    assert!(matches!(opened, Err(OpenSegmentError::Newer { version: 2 })), "{opened:?}");
    patient.recover();
    assert_eq!(fs::read(&patient.path).unwrap(), bytes);
}

#[test]
fn a_renamed_segment_is_not_taken_for_another() {
    let patient = Patient::left();
    let name = patient.path.with_file_name(format!("{:013}-{}.seg", 0, SegmentId(7)));
    fs::rename(&patient.path, &name).unwrap();
    let segment = segments(patient.directory.path()).unwrap().segments.remove(0);
    let opened = SegmentReader::open(&segment, Mark::default());
    assert!(matches!(opened, Err(OpenSegmentError::Foreign)), "{opened:?}");
    patient.recover();
    assert_eq!(fs::read(&name).unwrap(), patient.sound);
}

#[test]
fn a_file_longer_than_a_segment_is_told() {
    let patient = Patient::left();
    patient.file().set_len(u64::from(SEGMENT_LEN) + 77).unwrap();
    let found = patient.read();
    assert_eq!(found.payloads, payloads());
    assert_eq!((found.bytes_skipped, found.damaged_segments), (77, 1));
}

#[derive(Debug, Clone)]
enum Damage {
    Flip { at: usize, bit: u8 },
    Write { at: usize, bytes: Vec<u8> },
    Zeros { at: usize, len: usize },
    Copy { from: usize, to: usize, len: usize },
    Cut { len: usize },
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let place = || HEADER..end_of_records() + 16;
        prop_oneof![
            (place(), 0..8u8).prop_map(|(at, bit)| Self::Flip { at, bit }),
            (place(), prop::collection::vec(any::<u8>(), 1..40))
                .prop_map(|(at, bytes)| Self::Write { at, bytes }),
            (place(), 1..300usize).prop_map(|(at, len)| Self::Zeros { at, len }),
            (place(), place(), 1..300usize).prop_map(|(from, to, len)| Self::Copy {
                from: from & !7,
                to: to & !7,
                len
            }),
            place().prop_map(|len| Self::Cut { len }),
        ]
    }

    fn inflict(&self, bytes: &mut Vec<u8>) {
        let end = bytes.len();
        let (at, replacement) = match self {
            Self::Flip { at, bit } => (*at, bytes.get(*at).map(|b| vec![b ^ (1 << bit)])),
            Self::Write { at, bytes } => (*at, Some(bytes.clone())),
            Self::Zeros { at, len } => (*at, Some(vec![0; *len])),
            Self::Copy { from, to, len } => {
                (*to, bytes.get(*from..(from + len).min(end)).map(<[u8]>::to_vec))
            }
            Self::Cut { len } => return bytes.truncate(*len),
        };
        for (byte, new) in bytes.iter_mut().skip(at).zip(replacement.unwrap_or_default()) {
            *byte = new;
        }
    }
}

fn is_in_order(found: &[Vec<u8>]) -> bool {
    let mut originals = payloads().into_iter();
    found.iter().all(|payload| originals.any(|original| original == *payload))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_damage_invents_repeats_or_reorders(
        is_closed: bool,
        damages in prop::collection::vec(Damage::any(), 1..6),
        batch in 1..5u64,
    ) {
        let patient = if is_closed { Patient::closed() } else { Patient::left() };
        let mut bytes = patient.sound.clone();
        for damage in damages {
            damage.inflict(&mut bytes);
        }
        patient.write(&bytes);
        let found = patient.read();
        prop_assert!(is_in_order(&found.payloads), "{:?}", found);
        if patient.inspect().state == SegmentState::Sealed {
            prop_assert_eq!(found.payloads.len() as u64 + found.lost, LENGTHS.len() as u64);
        }
        prop_assert_eq!(patient.read_in_sessions(batch), (found.payloads.clone(), found.lost));

        patient.recover();
        if patient.path.exists() {
            prop_assert_eq!(patient.read(), found);
            let recovered = fs::read(&patient.path).unwrap();
            patient.recover();
            prop_assert_eq!(fs::read(&patient.path).unwrap(), recovered);
        } else {
            prop_assert_eq!(found, Content::default(), "only what is empty goes");
        }
    }
}
