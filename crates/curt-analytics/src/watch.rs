//! How the drain is, for health and metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use curt_domain::Timestamp;
use curt_journal::Journal;
use parking_lot::{Mutex, MutexGuard};

use crate::rate::Rate;

/// What the drain's health is, to whoever has a clone of it.
#[derive(Debug, Clone, Default)]
pub struct DrainWatch(Arc<Watched>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainState {
    /// All clicks of before are counted, about; absent until the drain has started.
    pub counted_to: Option<Timestamp>,
    /// Why the latest batch was not counted.
    pub failure: Option<String>,
    /// Segments that wait for the newer release which wrote them, cannot be read, or are not what
    /// their names say.
    pub skipped_segments: usize,
    /// Of the records that this process's journal has written: what it has written beyond them
    /// waits.
    pub records_done: u64,
}

#[derive(Debug, Default)]
struct Watched {
    state: Mutex<DrainState>,
    rate: Mutex<Rate>,
}

impl DrainWatch {
    pub fn state(&self) -> DrainState {
        self.0.state.lock().clone()
    }

    /// How long ago the oldest click may have been that is not counted yet.
    pub fn lag(&self, now: Timestamp) -> Option<Duration> {
        self.0.state.lock().counted_to.map(|counted_to| now.since(counted_to))
    }

    /// How many of the records that the journal has written are not counted yet.
    pub fn depth(&self, journal: &Journal) -> u64 {
        // Read first: what is counted in between was written in between, or before.
        let done = self.0.state.lock().records_done;
        journal.records_appended().saturating_sub(done)
    }

    /// How many clicks were counted each second of the last minute, on average.
    pub fn clicks_per_second(&self, now: Instant) -> f64 {
        self.0.rate.lock().per_second(now)
    }

    pub(crate) fn begin(&self, counted_to: Timestamp, now: Instant) {
        self.0.state.lock().counted_to = Some(counted_to);
        *self.0.rate.lock() = Rate::begin(now);
    }

    /// So many clicks were counted just now.
    pub(crate) fn add(&self, now: Instant, clicks: u64) {
        self.0.rate.lock().add(now, clicks);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, DrainState> {
        self.0.state.lock()
    }
}
