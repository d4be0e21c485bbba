//! The drain's state, for health and metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use curt_domain::Timestamp;
use curt_journal::Journal;
use parking_lot::{Mutex, MutexGuard};

use crate::rate::Rate;

/// The drain's health; clones share it.
#[derive(Debug, Clone, Default)]
pub struct DrainWatch(Arc<Watched>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainState {
    /// All clicks older than this are counted, approximately; absent until the drain has started.
    pub counted_to: Option<Timestamp>,
    /// Why the latest batch was not counted.
    pub failure: Option<String>,
    /// Segments that were written by a newer release, cannot be read, or are not what their names
    /// say.
    pub skipped_segments: usize,
    /// How many records of this process's journal are done; further records are still waiting.
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

    /// How old the oldest uncounted click may be.
    pub fn lag(&self, now: Timestamp) -> Option<Duration> {
        self.0.state.lock().counted_to.map(|counted_to| now.since(counted_to))
    }

    /// How many records of the journal are not counted yet.
    pub fn depth(&self, journal: &Journal) -> u64 {
        // Read first, so that it never exceeds the number of records written.
        let done = self.0.state.lock().records_done;
        journal.records_appended().saturating_sub(done)
    }

    /// Clicks counted per second, averaged over the last minute.
    pub fn clicks_per_second(&self, now: Instant) -> f64 {
        self.0.rate.lock().per_second(now)
    }

    pub(crate) fn begin(&self, counted_to: Timestamp, now: Instant) {
        self.0.state.lock().counted_to = Some(counted_to);
        *self.0.rate.lock() = Rate::begin(now);
    }

    /// Adds clicks that were counted just now.
    pub(crate) fn add(&self, now: Instant, clicks: u64) {
        self.0.rate.lock().add(now, clicks);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, DrainState> {
        self.0.state.lock()
    }
}
