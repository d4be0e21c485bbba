//! The times of a key's requests, as long as they count.

use std::collections::VecDeque;

/// Times in order, in milliseconds, stored relative to the first, which halves the memory.
#[derive(Debug, Default)]
pub(super) struct Log {
    base: u64,
    times: VecDeque<u32>,
}

impl Log {
    /// The number of times.
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.times.front().map(|&time| self.base + u64::from(time))
    }

    pub(super) fn newest(&self) -> Option<u64> {
        self.times.back().map(|&time| self.base + u64::from(time))
    }

    /// How many times are later than `over`, and the first of them.
    pub(super) fn after(&self, over: Option<u64>) -> (usize, Option<u64>) {
        let is_over = |time: &u32| over.is_some_and(|over| self.base + u64::from(*time) <= over);
        let first = self.times.partition_point(is_over);
        let oldest = self.times.get(first).map(|&time| self.base + u64::from(time));
        (self.times.len() - first, oldest)
    }

    /// Forgets times up to and including `until`.
    pub(super) fn forget_until(&mut self, until: u64) {
        while self.oldest().is_some_and(|time| time <= until) {
            self.times.pop_front();
        }
    }

    /// Forgets one time: the first that is not earlier than `from`.
    pub(super) fn forget_one_from(&mut self, from: u64) {
        let first = self.times.partition_point(|&time| self.base + u64::from(time) < from);
        self.times.remove(first);
    }

    /// Adds a time that is not before the newest; there will be at most `len_max` times.
    pub(super) fn record(&mut self, time: u64, len_max: usize) {
        let oldest = self.oldest().unwrap_or(time);
        if self.times.is_empty() || u64::from(u32::MAX) < time - self.base {
            let shift = oldest - self.base;
            for time in &mut self.times {
                *time -= u32::try_from(shift).expect("no time is before the oldest");
            }
            self.base = oldest;
        }
        if self.times.len() == self.times.capacity() {
            // Doubles as usual, but not beyond what the limit can need.
            let more = self.times.len().max(1).min(len_max.saturating_sub(self.times.len()));
            self.times.reserve_exact(more);
        }
        let offset = time - self.base;
        self.times.push_back(u32::try_from(offset).expect("windows are shorter than 49 days"));
    }
}
