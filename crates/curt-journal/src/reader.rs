//! Reads a segment, beside its writer or after its death; shares nothing with it but the file.
//!
//! It never maps: what it reads is copied by the kernel, so a file that somebody shortens is an
//! error here and not the end of the process. Whether a copy is whole is for the CRC to say, and
//! only there.
//!
//! **Invariant:** damage is judged only in what is known to be written: in a segment that has
//! ended, and in a live one before the place that its writer tells. Anywhere else, whatever is not
//! one whole record with the very next number is not there *yet*, and is looked at again later.

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
    /// Leave it: the release that made it can read it.
    #[error("the segment has format {version}, of a newer release")]
    Newer { version: u32 },
    /// Leave it: its name says another segment than its content.
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
    /// Goes on after `mark`.
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

    /// What is done once everything that was handed over is safe.
    pub fn mark(&self) -> Mark {
        self.cursor.mark
    }

    /// Whether anything in it, also before the mark, was not as its writer left it.
    pub fn is_damaged(&self) -> bool {
        self.cursor.is_damaged || !self.has_header
    }

    /// Hands over the records that follow, `records_max` at most.
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
        // After the records: once a seal was seen, this count is the last.
        let dropped = self.read_dropped();
        progress.ended = self.cursor.is_finished && dropped.is_ok();
        progress.dropped = self.cursor.mark.dropped;
        if progress.records == 0 {
            // With records in hand, the same error comes back with the next call.
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
        // What was read while the writer was at it may be older than what is there now.
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

    /// Goes on at the next whole record of those that are written. `false` if none of them is here:
    /// then this is perhaps not the file that is written to, but a copy in its place.
    fn pass_damage(&mut self, written_to: u64) -> io::Result<bool> {
        let from = self.cursor.offset;
        let Some((to, _)) = self.whole_record_behind(from, written_to)? else { return Ok(false) };
        let bytes = self.window.at(&self.file, from)?;
        self.cursor.pass_damage(bytes, to);
        Ok(true)
    }

    /// Whether it cannot get to where the segment is written.
    pub fn is_stuck(&self, liveness: Liveness) -> bool {
        matches!(liveness, Liveness::Written { to } if self.cursor.offset < to)
    }

    /// Behind the first whole record that follows a place where none is, in a segment of another
    /// process: up to there it has written. `None` if there is none, or the place is only not
    /// written yet.
    pub(crate) fn written_beyond(&mut self) -> io::Result<Option<u64>> {
        self.window.forget();
        let behind = self.whole_record_behind(self.cursor.offset, SEGMENT_LEN.into())?;
        Ok(behind.map(|(at, len)| at + len))
    }

    /// Where the next whole record begins between the two places, and how long it is.
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
            // In a live segment it may be half of two counts, read between them.
            None => self.cursor.is_damaged |= self.cursor.is_finished,
        }
        Ok(())
    }

    /// What its header says, if it can be believed.
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

/// Whether a file ends in a seal: its writer, or whoever came after it, has finished with it.
pub(crate) fn is_sealed_at_end(file: &File, seed: Seed) -> io::Result<bool> {
    let len = file.metadata()?.len();
    let Some(at) = len.checked_sub(RECORD_SPACE_MIN as u64) else { return Ok(false) };
    if len < u64::from(HEADER_LEN) || u64::from(SEGMENT_LEN) < len || !at.is_multiple_of(8) {
        return Ok(false);
    }
    let mut bytes = [0; RECORD_SPACE_MIN];
    match file.read_exact_at(&mut bytes, at) {
        // It became shorter in between, which is what a writer does last.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
        Ok(()) => Ok(matches!(format::look(seed, &bytes), Entry::Seal { .. })),
    }
}

#[cfg(test)]
mod tests;
