//! The meaning of a segment's bytes, and how incomplete ones look.
//!
//! Pure: bytes in, values out. The module doc of the crate describes the format.

use std::{fmt, num::ParseIntError, str::FromStr};

use curt_domain::Timestamp;

/// A segment's reserved length. Small enough that a spare costs little, large enough that a busy
/// shard needs a new one a few times a second at most.
pub const SEGMENT_LEN: u32 = 8 << 20;

/// A longer record would be a bug. The limit also bounds what a damaged length makes a reader read.
pub const RECORD_LEN_MAX: usize = 4 << 10;

/// Records start on the second page: once synced, the first changes only when records are dropped.
pub(crate) const HEADER_LEN: u32 = 4096;
pub(crate) const ALIGN: u32 = 8;
/// The word, the CRC and the number.
pub(crate) const RECORD_HEADER_LEN: usize = 12;
/// The space of the longest record, including padding.
pub(crate) const RECORD_SPACE_MAX: usize = space(RECORD_LEN_MAX);
/// The space of the shortest record, and of a seal.
pub(crate) const RECORD_SPACE_MIN: usize = space(0);
pub(crate) const SEAL_LEN: u32 = 16;
const _: () = assert!(SEAL_LEN as usize == RECORD_SPACE_MIN);
/// The offset of the word of dropped records.
pub(crate) const DROPPED_AT: u32 = 40;

const MAGIC: [u8; 8] = *b"curtjrnl";
const VERSION: u32 = 1;
const CHECKED_LEN: usize = 36;
/// Magic, version, id, creation, CRC, and the word of dropped records.
pub(crate) const HEADER_FIELDS_LEN: usize = 48;

/// The word at the start of a record: this tag, with the length in the lower half. Never zero, and
/// far from zero: no single flipped bit makes a record look like unwritten space.
const RECORD_TAG: u32 = 0xC11C_0000;
/// The word at the start of a seal.
const SEAL_WORD: u32 = 0x5EA1_0000;
const LEN_MASK: u32 = 0xFFFF;

/// The lower bits of the word of dropped records; the other bits are a check.
const DROPPED_BITS: u32 = 40;

/// The permanent name of a segment: 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u128);

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for SegmentId {
    type Err = InvalidSegmentId;

    fn from_str(text: &str) -> Result<Self, InvalidSegmentId> {
        let is_written_by_us = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if text.len() != 32 || !text.bytes().all(is_written_by_us) {
            return Err(InvalidSegmentId);
        }
        let number = u128::from_str_radix(text, 16);
        number.map(Self).map_err(|_: ParseIntError| InvalidSegmentId)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a journal segment: 32 lower-case hexadecimal digits")]
pub struct InvalidSegmentId;

/// The start value of a segment's CRCs, so that no record of another segment passes as its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u32);

impl Seed {
    pub(crate) fn of(id: SegmentId) -> Self {
        Self(crc32c::crc32c(&id.0.to_le_bytes()))
    }

    /// The word is mixed into the seed, so that the CRC covers it although it is written last.
    fn checksum(self, word: u32, rest: &[u8]) -> u32 {
        crc32c::crc32c_append(self.0 ^ word, rest)
    }
}

/// The space that a payload of `len` bytes takes, including padding.
pub(crate) const fn space(len: usize) -> usize {
    (RECORD_HEADER_LEN + len).next_multiple_of(ALIGN as usize)
}

/// A buffer to assemble one record in.
pub(crate) type Scratch = [u8; RECORD_SPACE_MAX];

/// Assembles a record; `len` is at most [`RECORD_LEN_MAX`].
pub(crate) fn encode_record(
    seed: Seed,
    number: u32,
    scratch: &mut Scratch,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> &[u8] {
    let end = RECORD_HEADER_LEN + len;
    let record = &mut scratch[..space(len)];
    fill(&mut record[RECORD_HEADER_LEN..end]);
    record[end..].fill(0);
    let len = u32::try_from(len).expect("records are short");
    finish_record(seed, RECORD_TAG | len, number, record, end);
    record
}

/// The seal of a segment that has `count` records, including lost ones.
pub(crate) fn encode_seal(seed: Seed, count: u32) -> [u8; RECORD_SPACE_MIN] {
    let mut seal = [0; RECORD_SPACE_MIN];
    finish_record(seed, SEAL_WORD, count, &mut seal, RECORD_HEADER_LEN);
    seal
}

fn finish_record(seed: Seed, word: u32, number: u32, record: &mut [u8], end: usize) {
    record[..4].copy_from_slice(&word.to_le_bytes());
    record[8..12].copy_from_slice(&number.to_le_bytes());
    let checksum = seed.checksum(word, &record[8..end]);
    record[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// What is at an aligned offset of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    Record {
        number: u32,
        payload: &'a [u8],
    },
    Seal {
        count: u32,
    },
    /// Zeros, or only the first bytes of a word: no record starts here yet.
    Nothing,
    /// Bytes that are not one whole record.
    NotWhole,
}

/// Parses the start of `bytes`, which extend to the longest record's length or to the file's end.
pub(crate) fn look(seed: Seed, bytes: &[u8]) -> Entry<'_> {
    let Some(word) = word_at(bytes, 0) else {
        return if bytes.iter().all(|&byte| byte == 0) { Entry::Nothing } else { Entry::NotWhole };
    };
    if word == 0 {
        return Entry::Nothing;
    }
    let len = (word & LEN_MASK) as usize;
    let is_record = word & !LEN_MASK == RECORD_TAG && len <= RECORD_LEN_MAX;
    if !is_record && word != SEAL_WORD {
        return Entry::NotWhole;
    }
    let end = RECORD_HEADER_LEN + len;
    let (Some(checksum), Some(number), Some(checked)) =
        (word_at(bytes, 4), word_at(bytes, 8), bytes.get(8..end))
    else {
        return Entry::NotWhole;
    };
    if seed.checksum(word, checked) != checksum {
        return Entry::NotWhole;
    }
    if !is_record {
        return Entry::Seal { count: number };
    }
    Entry::Record { number, payload: &bytes[RECORD_HEADER_LEN..end] }
}

/// What a header tells about its file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Sound,
    /// The file's name still has the id, so records can be distinguished from garbage.
    Damaged,
    /// Valid, but of another segment or another time of creation: the file was renamed.
    Foreign,
    Newer {
        version: u32,
    },
}

pub(crate) fn encode_header(id: SegmentId, created_at: Timestamp) -> [u8; HEADER_FIELDS_LEN] {
    let mut header = [0; HEADER_FIELDS_LEN];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..28].copy_from_slice(&id.0.to_le_bytes());
    header[28..36].copy_from_slice(&created_at.as_millis().to_le_bytes());
    let checksum = crc32c::crc32c(&header[..CHECKED_LEN]);
    header[36..40].copy_from_slice(&checksum.to_le_bytes());
    header[40..48].copy_from_slice(&dropped_word(Seed::of(id), 0).to_le_bytes());
    header
}

pub(crate) fn check_header(bytes: &[u8], id: SegmentId, created_at: Timestamp) -> Header {
    let checked = bytes.get(..CHECKED_LEN).unwrap_or_default();
    if word_at(bytes, CHECKED_LEN) != Some(crc32c::crc32c(checked)) || !checked.starts_with(&MAGIC)
    {
        return Header::Damaged;
    }
    match word_at(bytes, 8) {
        Some(VERSION)
            if checked[12..28] == id.0.to_le_bytes()
                && checked[28..36] == created_at.as_millis().to_le_bytes() =>
        {
            Header::Sound
        }
        Some(VERSION) => Header::Foreign,
        version => Header::Newer { version: version.unwrap_or_default() },
    }
}

/// A count of dropped records with its own check, in one word that is stored at once.
pub(crate) fn dropped_word(seed: Seed, count: u64) -> u64 {
    let count = count.min((1 << DROPPED_BITS) - 1);
    let check = u64::from(seed.checksum(0, &count.to_le_bytes()));
    check << DROPPED_BITS | count
}

/// `None` if no writer of this segment stored the word.
pub(crate) fn dropped_count(seed: Seed, word: u64) -> Option<u64> {
    let count = word & ((1 << DROPPED_BITS) - 1);
    (dropped_word(seed, count) == word).then_some(count)
}

fn word_at(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    word.try_into().ok().map(u32::from_le_bytes)
}
