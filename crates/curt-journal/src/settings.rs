//! What a journal is opened with.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use crate::segment::WritingKind;

/// How much undrained clicks may take before they are dropped: hours of a busy server.
pub const CAPACITY_DEFAULT: u64 = 1 << 30;
/// What a power cut may cost in [`Durability::Process`].
pub(crate) const SYNC_INTERVAL_DEFAULT: Duration = Duration::from_millis(200);

#[derive(Debug, Clone)]
pub struct JournalSettings {
    pub directory: PathBuf,
    /// In bytes on the disk, quarantined damage apart. Room for two segments is the least.
    pub capacity: u64,
    /// Of which as many are used as capacity allows, and `SHARDS_MAX` at most.
    pub shards: NonZeroUsize,
    pub durability: Durability,
    pub sync_interval: Duration,
    /// Unless given, what the file system allows.
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
