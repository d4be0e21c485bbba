//! The position of a reader in a segment, and how it interprets what it passes. Pure.

use super::progress::{Liveness, Mark, Progress};
use crate::format::{ALIGN, HEADER_LEN, RECORD_SPACE_MAX, RECORD_SPACE_MIN, SEGMENT_LEN, space};

#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) mark: Mark,
    /// The next offset to read, always aligned.
    pub(crate) offset: u64,
    /// The number of the next record, if none is lost.
    pub(crate) next_number: u64,
    /// The offset after the last whole record.
    pub(crate) used_to: u64,
    /// The offset of the seal.
    pub(crate) sealed_at: Option<u64>,
    pub(crate) is_damaged: bool,
    pub(crate) is_finished: bool,
    stretch: Option<Stretch>,
}

/// Bytes without a whole record, in a segment that has ended.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u64,
    /// The offset after the last eight bytes that are not all zero; `from` if all are.
    written_to: u64,
    opens_with_zeros: bool,
}

impl Stretch {
    fn new(from: u64, bytes: &[u8]) -> Self {
        // A writer stores the word of a record last, and the word is never zero.
        let opens_with_zeros = bytes.iter().take(4).all(|&byte| byte == 0);
        Self { from, written_to: from, opens_with_zeros }
    }

    /// A writer that died within a record leaves this; the record was never acknowledged.
    fn is_unfinished_record(&self) -> bool {
        self.opens_with_zeros && self.written_to - self.from <= RECORD_SPACE_MAX as u64
    }
}

impl Cursor {
    pub(super) fn new(mark: Mark) -> Self {
        Self {
            mark,
            offset: HEADER_LEN.into(),
            next_number: 0,
            used_to: HEADER_LEN.into(),
            sealed_at: None,
            is_damaged: false,
            is_finished: false,
            stretch: None,
        }
    }

    /// Whether a record or seal with this number can be here. After damage the next number is
    /// unknown.
    pub(super) fn accepts(&self, number: u32, liveness: Liveness) -> bool {
        if liveness == Liveness::Ended || self.stretch.is_some() {
            return self.can_follow(number, self.offset);
        }
        u64::from(number) == self.next_number
    }

    /// Whether the number is possible at an offset from here on. In addition to the CRC, the number
    /// is limited by how many records have room before the offset.
    pub(super) fn can_follow(&self, number: u32, at: u64) -> bool {
        let possible_max = (at - u64::from(HEADER_LEN)) / RECORD_SPACE_MIN as u64;
        (self.next_number..=possible_max).contains(&u64::from(number))
    }

    /// Moves past a record; returns whether it is after the mark.
    pub(super) fn pass_record(
        &mut self,
        number: u32,
        payload_len: usize,
        progress: &mut Progress,
    ) -> bool {
        let is_news = self.mark.records <= u64::from(number);
        self.reach(number, progress);
        self.offset += space(payload_len) as u64;
        self.used_to = self.offset;
        self.next_number += 1;
        self.mark.records = self.mark.records.max(self.next_number);
        progress.records += u64::from(is_news);
        is_news
    }

    pub(super) fn pass_seal(&mut self, count: u32, progress: &mut Progress) {
        self.reach(count, progress);
        self.sealed_at = Some(self.offset);
        self.mark.records = self.mark.records.max(self.next_number);
        self.is_finished = true;
    }

    /// Moves to the next place where a record could start.
    pub(super) fn pass_unknown(&mut self, bytes: &[u8]) {
        let from = self.offset;
        let stretch = self.stretch.get_or_insert_with(|| Stretch::new(from, bytes));
        let zeros = zeros_len(bytes);
        // Skips zeros at once; elsewhere every aligned place is parsed.
        if 0 < zeros {
            self.offset += zeros;
        } else {
            self.offset += u64::from(ALIGN);
            stretch.written_to = self.offset;
        }
    }

    /// Moves past written bytes that are no record.
    pub(super) fn pass_damage(&mut self, bytes: &[u8], to: u64) {
        let from = self.offset;
        let stretch = self.stretch.get_or_insert_with(|| Stretch::new(from, bytes));
        stretch.written_to = to;
        self.is_damaged = true;
        self.offset = to;
    }

    /// Ends at the file's end, which is `len` bytes from its start.
    pub(super) fn pass_end(&mut self, len: u64, progress: &mut Progress) {
        if let Some(stretch) = self.stretch.take()
            && !stretch.is_unfinished_record()
        {
            self.skip(stretch.written_to - stretch.from, progress);
            self.used_to = self.used_to.max(stretch.written_to);
        }
        self.skip(len.saturating_sub(SEGMENT_LEN.into()), progress);
        self.mark.records = self.mark.records.max(self.next_number);
        self.is_finished = true;
    }

    fn skip(&mut self, bytes: u64, progress: &mut Progress) {
        self.is_damaged |= 0 < bytes;
        progress.bytes_skipped += bytes;
    }

    /// Accounts for everything before the record or seal with this number, present or lost.
    fn reach(&mut self, number: u32, progress: &mut Progress) {
        let number = u64::from(number);
        let missing_from = self.next_number.max(self.mark.records);
        progress.lost += number.saturating_sub(missing_from);
        self.is_damaged |= self.next_number < number;
        if let Some(stretch) = self.stretch.take() {
            self.is_damaged = true;
            // Already reported by the reader that moved the mark past it.
            if self.mark.records <= number {
                progress.bytes_skipped += self.offset - stretch.from;
            }
        }
        self.next_number = number;
    }
}

/// The length of leading zeros in whole words. Compares whole pages first, because what a dead
/// process leaves is mostly zeros.
pub(super) fn zeros_len(bytes: &[u8]) -> u64 {
    const PAGE: [u8; 4096] = [0; 4096];
    let pages = bytes.chunks_exact(PAGE.len()).take_while(|page| **page == PAGE).count();
    let words = bytes[pages * PAGE.len()..].chunks_exact(ALIGN as usize);
    let zeros = words.take_while(|word| word.iter().all(|&byte| byte == 0)).count();
    (pages * PAGE.len() + zeros * ALIGN as usize) as u64
}
