//! Inspecting a segment without changing anything.

use std::{io, path::Path};

use crate::{
    directory::{self, Listing, SegmentFile},
    format::{HEADER_LEN, SEAL_LEN},
    reader::{Liveness, Mark, OpenSegmentError, Progress, SegmentReader},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentState {
    /// A process may be writing to it.
    Live,
    /// Properly ended, and cut to its length or about to be.
    Sealed,
    /// Its process died; the next process to open the journal seals it.
    Left,
}

/// One segment, read from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub state: SegmentState,
    /// Whole records.
    pub records: u64,
    /// Records that were written and are missing, as far as that can be known.
    pub lost: u64,
    /// Bytes that are no record.
    pub bytes_skipped: u64,
    /// `None` if the header's count is invalid.
    pub dropped: Option<u64>,
    /// From the start of the file to the end of the last record, or of the seal.
    pub bytes_used: u64,
    /// Whether anything above, or the header, is damaged.
    pub is_damaged: bool,
}

/// The segments of a journal that this process has not opened, and whether they may still grow.
pub fn survey(directory: &Path) -> io::Result<(Listing, Liveness)> {
    let listing = directory::segments(directory)?;
    // After listing: if the journal is not in use now, the listed segments have ended for good.
    // Before listing, a server could start in between and add segments.
    let is_in_use = directory::is_in_use(directory)?;
    Ok((listing, if is_in_use { Liveness::Live } else { Liveness::Ended }))
}

/// Reads all of a segment and hands over its payloads; `liveness` as for
/// [`SegmentReader::next_batch`].
pub fn inspect(
    segment: &SegmentFile,
    liveness: Liveness,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Inspection, OpenSegmentError> {
    let mut reader = SegmentReader::open(segment, Mark::default())?;
    let mut sum = Progress::default();
    let mut liveness = liveness;
    loop {
        let progress = reader.next_batch(u64::MAX, liveness, each)?;
        sum.records += progress.records;
        sum.lost += progress.lost;
        sum.bytes_skipped += progress.bytes_skipped;
        sum.ended = progress.ended;
        if progress.ended {
            break;
        }
        // The next call returns the error for what could not be read after these records.
        if 0 < progress.records {
            continue;
        }
        // Records are written in order: a whole record after a place shows that the place was
        // written.
        let Some(to) = reader.written_beyond()? else { break };
        liveness = Liveness::Written { to };
    }
    let cursor = reader.cursor();
    let state = match (cursor.sealed_at, sum.ended) {
        (Some(_), _) => SegmentState::Sealed,
        (None, true) => SegmentState::Left,
        (None, false) => SegmentState::Live,
    };
    let bytes_used = match cursor.sealed_at {
        Some(at) => at + u64::from(SEAL_LEN),
        None => cursor.used_to.max(HEADER_LEN.into()).min(segment.len),
    };
    Ok(Inspection {
        state,
        records: sum.records,
        lost: sum.lost,
        bytes_skipped: sum.bytes_skipped,
        dropped: reader.dropped(),
        bytes_used,
        is_damaged: reader.is_damaged(),
    })
}

#[cfg(test)]
mod tests;
