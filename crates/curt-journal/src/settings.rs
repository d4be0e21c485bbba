//! The settings of a journal.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use crate::segment::WritingKind;

/// How much space undrained clicks may take before clicks are dropped: hours of a busy server.
pub const CAPACITY_DEFAULT: u64 = 1 << 30;
/// What a power cut may lose in [`Durability::Process`].
pub(crate) const SYNC_INTERVAL_DEFAULT: Duration = Duration::from_millis(200);

#[derive(Debug, Clone)]
pub struct JournalSettings {
    pub directory: PathBuf,
    /// In bytes on the disk, not counting quarantined segments. At least room for two segments.
    pub capacity: u64,
    /// As many of them are used as capacity allows, at most `SHARDS_MAX`.
    pub shards: NonZeroUsize,
    pub durability: Durability,
    pub sync_interval: Duration,
    /// Unless set, what the file system allows.
    pub writing: Option<WritingKind>,
}

impl JournalSettings {
    pub fn new(directory: PathBuf, shards: NonZeroUsize) -> Self {
        Self {
            directory,
            capacity: CAPACITY_DEFAULT,
            shards,
            durability: Durability::Process,
            sync_interval: SYNC_INTERVAL_DEFAULT,
            writing: None,
        }
    }
}

/// What a record survives once `append` has returned, or `synced` after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process. A power cut takes what was appended in the last sync interval.
    Process,
    /// A power cut, too, once [`crate::Journal::synced`] has returned.
    Power,
}
