//! How far a segment is read, how far it is written, and the result of reading it.

/// How much of a segment is done; stored wherever the records go, and moved together with them.
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
    /// A process may be writing to it, and how far it is written is unknown.
    Live,
    /// This process is writing to it, and has written everything before this offset, determined
    /// *before* the reader is called. In bytes from the start of the file.
    Written { to: u64 },
    /// It will not be written to any more, determined *before* the reader is called.
    Ended,
}

/// What one call found, only after the mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records handed over.
    pub records: u64,
    /// Records that were written and are missing: gaps in the numbers.
    pub lost: u64,
    /// Bytes that are no record, in a segment that has ended.
    pub bytes_skipped: u64,
    /// How many records this segment's shard has dropped so far in total; never less than the
    /// mark's.
    pub dropped: u64,
    /// The segment has ended and everything in it is consumed.
    pub ended: bool,
}
