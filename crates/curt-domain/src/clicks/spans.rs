//! Stretches of time that clicks are asked for.

use std::time::Duration;

use super::Bucket;
use crate::time::Timestamp;

/// Some buckets in a row.
///
/// **Invariant:** there is at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: Bucket,
    to: Bucket,
}

impl Span {
    /// All buckets that have something of the time between; none if there is no time between.
    pub fn around(from: Timestamp, to: Timestamp) -> Option<Self> {
        let (first, last) = (Bucket::of(from), Bucket::of(to));
        let end = if last.start() == to { last } else { last.next() };
        (from < to && first < end).then_some(Self { from: first, to: end })
    }

    /// The first bucket of it.
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

    /// As much time right before it; `None` where the calendar begins.
    pub fn before(self) -> Option<Self> {
        let from = Bucket::of(self.from.start().minus(self.length()));
        (from < self.from).then_some(Self { from, to: self.from })
    }
}
