//! Periods for which clicks are requested.

use std::time::Duration;

use super::Bucket;
use crate::time::Timestamp;

/// Consecutive buckets.
///
/// **Invariant:** there is at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: Bucket,
    to: Bucket,
}

impl Span {
    /// All buckets that overlap the time between the two; `None` if there is no time between.
    pub fn around(from: Timestamp, to: Timestamp) -> Option<Self> {
        let (first, last) = (Bucket::of(from), Bucket::of(to));
        let end = if last.start() == to { last } else { last.next() };
        (from < to && first < end).then_some(Self { from: first, to: end })
    }

    /// Its first bucket.
    pub const fn from(self) -> Bucket {
        self.from
    }

    /// The first bucket after it.
    pub const fn to(self) -> Bucket {
        self.to
    }

    pub fn length(self) -> Duration {
        self.to.start().since(self.from.start())
    }

    /// The period of the same length right before it; `None` at the start of the calendar.
    pub fn before(self) -> Option<Self> {
        let from = Bucket::of(self.from.start().minus(self.length()));
        (from < self.from).then_some(Self { from, to: self.from })
    }
}
