//! What people want to know of a segment, without changing anything.

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
    /// Ended in order, and cut to its length or about to be.
    Sealed,
    /// Its process died; the next one to open the journal seals it.
    Left,
}

/// One segment, read from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub state: SegmentState,
    /// Whole ones.
    pub records: u64,
    /// Records that were written and are not there, as far as that can be known.
    pub lost: u64,
    /// Bytes that are no record.
    pub bytes_skipped: u64,
    /// `None` when the header's count cannot be believed.
    pub dropped: Option<u64>,
    /// From the start of the file to behind the last record, and the seal.
    pub bytes_used: u64,
    /// Of everything above, and the header.
    pub is_damaged: bool,
}

/// The segments of a journal that is not open in this process, and whether they may still grow.
pub fn survey(directory: &Path) -> io::Result<(Listing, Liveness)> {
    let listing = directory::segments(directory)?;
    // Afterwards: what was there before nobody uses the directory has ended for good, but of a
    // server that starts in between there may be segments already.
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
        // What could not be read behind the records of one call is an error of the next.
        if 0 < progress.records {
            continue;
        }
        // Records are written in their order: what is whole behind a place tells that this was
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
