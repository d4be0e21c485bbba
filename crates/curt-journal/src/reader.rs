//! Reads a segment beside its writer or after the writer's death, sharing only the file with it.
//!
//! It never maps the file: the kernel copies what it reads, so a file that another process shortens
//! is an error here and does not kill this process. Only the CRC tells whether a copy is whole.
//!
//! **Invariant:** damage is judged only where data is known to be written: in a segment that has
//! ended, and in a live one before the offset that its writer reports. Anywhere else, bytes that
//! are not one whole record with the very next number are not there *yet*, and are read again
//! later.

mod cursor;
mod progress;
pub(crate) mod window;

use std::{fs::File, io, os::unix::fs::FileExt as _};

pub use self::progress::{Liveness, Mark, Progress};
use self::{cursor::Cursor, window::Window};
use crate::{
    directory::{self, SegmentFile},
    format::{
        self, ALIGN, DROPPED_AT, Entry, HEADER_FIELDS_LEN, HEADER_LEN, Header, RECORD_SPACE_MIN,
        SEGMENT_LEN, Seed, SegmentId,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum OpenSegmentError {
    /// Leave the file: the release that made it can read it.
    #[error("the segment has format {version}, of a newer release")]
    Newer { version: u32 },
    /// Leave the file: its name is that of another segment.
    #[error("the file holds another segment than its name says")]
    Foreign,
    #[error("the segment cannot be read")]
    Io(#[from] io::Error),
}

#[derive(Debug)]
pub struct SegmentReader {
    file: File,
    id: SegmentId,
    seed: Seed,
    has_header: bool,
    window: Window,
    cursor: Cursor,
    dropped: Option<u64>,
}

impl SegmentReader {
    /// Continues after `mark`.
    pub fn open(segment: &SegmentFile, mark: Mark) -> Result<Self, OpenSegmentError> {
        let file = directory::open(&segment.path)?;
        let mut header = [0; HEADER_FIELDS_LEN];
        let len = window::read_at_most(&file, &mut header, 0)?;
        let has_header = match format::check_header(&header[..len], segment.id, segment.created_at)
        {
            Header::Sound => true,
            Header::Damaged => false,
            Header::Foreign => return Err(OpenSegmentError::Foreign),
            Header::Newer { version } => return Err(OpenSegmentError::Newer { version }),
        };
        Ok(Self {
            file,
            id: segment.id,
            seed: Seed::of(segment.id),
            has_header,
            window: Window::default(),
            cursor: Cursor::new(mark),
            dropped: None,
        })
    }

    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// The mark to keep once everything that was handed over is safe.
    pub fn mark(&self) -> Mark {
        self.cursor.mark
    }

    /// Whether anything in it, even before the mark, differs from what its writer left.
    pub fn is_damaged(&self) -> bool {
        self.cursor.is_damaged || !self.has_header
    }

    /// Hands over the records that follow, at most `records_max`.
    ///
    /// An error means that nothing was handed over. A segment that is `Live` in name only (sealed
    /// and cut to its length) is treated as ended.
    pub fn next_batch(
        &mut self,
        records_max: u64,
        liveness: Liveness,
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Progress> {
        let mut progress = Progress::default();
        let read = self.read_records(records_max, liveness, each, &mut progress);
        // After the records: once a seal was seen, this count is final.
        let dropped = self.read_dropped();
        progress.ended = self.cursor.is_finished && dropped.is_ok();
        progress.dropped = self.cursor.mark.dropped;
        if progress.records == 0 {
            // If records were handed over, the next call returns the same error.
            read.and(dropped)?;
        }
        Ok(progress)
    }

    fn read_records(
        &mut self,
        records_max: u64,
        mut liveness: Liveness,
        each: &mut dyn FnMut(&[u8]),
        progress: &mut Progress,
    ) -> io::Result<()> {
        // Bytes read while the writer was active may be out of date.
        self.window.forget();
        while progress.records < records_max && !self.cursor.is_finished {
            let bytes = self.window.at(&self.file, self.cursor.offset)?;
            match format::look(self.seed, bytes) {
                Entry::Record { number, payload } if self.cursor.accepts(number, liveness) => {
                    if self.cursor.pass_record(number, payload.len(), progress) {
                        each(payload);
                    }
                }
                Entry::Seal { count } if self.cursor.accepts(count, liveness) => {
                    self.cursor.pass_seal(count, progress);
                }
                _ if liveness == Liveness::Ended => {
                    if bytes.is_empty() {
                        let excess = self.file.metadata()?.len();
                        self.cursor.pass_end(excess, progress);
                    } else {
                        self.cursor.pass_unknown(bytes);
                    }
                }
                _ if is_sealed_at_end(&self.file, self.seed)? => {
                    liveness = Liveness::Ended;
                    self.window.forget();
                }
                _ if let Liveness::Written { to } = liveness
                    && self.cursor.offset < to =>
                {
                    if !self.pass_damage(to)? {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Skips to the next whole record before `written_to`. `false` if there is none: then this may
    /// not be the file being written, but a copy in its place.
    fn pass_damage(&mut self, written_to: u64) -> io::Result<bool> {
        let from = self.cursor.offset;
        let Some((to, _)) = self.whole_record_behind(from, written_to)? else { return Ok(false) };
        let bytes = self.window.at(&self.file, from)?;
        self.cursor.pass_damage(bytes, to);
        Ok(true)
    }

    /// Whether the reader cannot get past damage to where the segment is written.
    pub fn is_stuck(&self, liveness: Liveness) -> bool {
        matches!(liveness, Liveness::Written { to } if self.cursor.offset < to)
    }

    /// The offset after the first whole record that follows a place without one, in a segment of
    /// another process, which has written at least that far. `None` if no whole record follows:
    /// then the place may only not be written yet.
    pub(crate) fn written_beyond(&mut self) -> io::Result<Option<u64>> {
        self.window.forget();
        let behind = self.whole_record_behind(self.cursor.offset, SEGMENT_LEN.into())?;
        Ok(behind.map(|(at, len)| at + len))
    }

    /// The offset and length of the next whole record between the two places.
    fn whole_record_behind(&mut self, place: u64, end: u64) -> io::Result<Option<(u64, u64)>> {
        let mut at = place + u64::from(ALIGN);
        while at < end {
            let bytes = self.window.at(&self.file, at)?;
            if bytes.is_empty() {
                break;
            }
            match format::look(self.seed, bytes) {
                Entry::Record { number, payload } if self.cursor.can_follow(number, at) => {
                    return Ok(Some((at, format::space(payload.len()) as u64)));
                }
                _ => at += cursor::zeros_len(bytes).max(ALIGN.into()),
            }
        }
        Ok(None)
    }

    fn read_dropped(&mut self) -> io::Result<()> {
        let mut word = [0; 8];
        if window::read_at_most(&self.file, &mut word, DROPPED_AT.into())? == word.len() {
            self.dropped = format::dropped_count(self.seed, u64::from_le_bytes(word));
        }
        match self.dropped {
            Some(dropped) => self.cursor.mark.dropped = self.cursor.mark.dropped.max(dropped),
            // In a live segment the word may be a mix of two counts, read between them.
            None => self.cursor.is_damaged |= self.cursor.is_finished,
        }
        Ok(())
    }

    /// The count in its header, if it is valid.
    pub(crate) fn dropped(&self) -> Option<u64> {
        self.dropped
    }

    pub(crate) fn has_header(&self) -> bool {
        self.has_header
    }

    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }
}

/// Whether a file ends in a seal: its writer or a later recovery has finished it.
pub(crate) fn is_sealed_at_end(file: &File, seed: Seed) -> io::Result<bool> {
    let len = file.metadata()?.len();
    let Some(at) = len.checked_sub(RECORD_SPACE_MIN as u64) else { return Ok(false) };
    if len < u64::from(HEADER_LEN) || u64::from(SEGMENT_LEN) < len || !at.is_multiple_of(8) {
        return Ok(false);
    }
    let mut bytes = [0; RECORD_SPACE_MIN];
    match file.read_exact_at(&mut bytes, at) {
        // The file was cut in between, which is the last thing that a writer does.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
        Ok(()) => Ok(matches!(format::look(seed, &bytes), Entry::Seal { .. })),
    }
}

#[cfg(test)]
mod tests;
