//! How far a segment is read, how far it is written, and what came of a look at it.

/// What is done with of a segment; kept wherever the records go, and moved with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Records with lower numbers are done, lost ones included.
    pub records: u64,
    /// Dropped records that are accounted for.
    pub dropped: u64,
}

/// Whether a segment may still grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// A process may be writing to it, and nobody knows how far it is.
    Live,
    /// This process is writing to it, and has written all before this place, told *before* the
    /// reader is asked. Bytes from the start of the file.
    Written { to: u64 },
    /// Nobody will write to it any more, known *before* the reader is asked.
    Ended,
}

/// What one call found, after the mark only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records handed over.
    pub records: u64,
    /// Records that were written and are not there: gaps in the numbers.
    pub lost: u64,
    /// Bytes that are no record, in a segment that has ended.
    pub bytes_skipped: u64,
    /// How many records this segment's shard has dropped so far, in all; never less than the
    /// mark's.
    pub dropped: u64,
    /// The segment has ended and everything in it is consumed.
    pub ended: bool,
}
