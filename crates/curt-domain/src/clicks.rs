//! Clicks: their classes, their records and their sums.

use crate::time::Timestamp;

mod query;
mod record;
mod series;
mod spans;

pub use query::{ClickQuery, ClickSource};
pub use record::{
    CAMPAIGN_LEN_MAX, CLICK_LEN_MAX, Click, LANGUAGE_LEN_MAX, Privacy, REFERRER_LEN_MAX,
    USER_AGENT_LEN_MAX, UndecodableClick,
};
pub use series::{ClickSeries, POINTS_MAX, TooManyPoints, WeekHours};
pub use spans::Span;

/// The one class that every click has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClickClass {
    /// A person, as far as the request tells.
    Human,
    /// A program that identifies itself in its user agent.
    Bot,
    /// A messenger or social network that previews links for its users.
    Preview,
    /// A browser that loads ahead of a click that may never come.
    Prefetch,
    /// Claims to be a person but behaves like a machine; decided after the redirect.
    Suspicious,
}

impl ClickClass {
    pub const ALL: [Self; 5] =
        [Self::Human, Self::Bot, Self::Preview, Self::Prefetch, Self::Suspicious];
}

/// Clicks by class, of a link or a period; the headline number is `human`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClickTotals {
    pub human: u64,
    pub bot: u64,
    pub preview: u64,
    pub prefetch: u64,
    pub suspicious: u64,
}

impl ClickTotals {
    /// The sum of the five classes.
    pub const fn total(&self) -> u64 {
        self.human + self.bot + self.preview + self.prefetch + self.suspicious
    }

    /// Adds one click of this class.
    pub const fn count(&mut self, class: ClickClass) {
        let count = match class {
            ClickClass::Human => &mut self.human,
            ClickClass::Bot => &mut self.bot,
            ClickClass::Preview => &mut self.preview,
            ClickClass::Prefetch => &mut self.prefetch,
            ClickClass::Suspicious => &mut self.suspicious,
        };
        *count += 1;
    }

    pub const fn add(&mut self, other: &Self) {
        self.human += other.human;
        self.bot += other.bot;
        self.preview += other.preview;
        self.prefetch += other.prefetch;
        self.suspicious += other.suspicious;
    }
}

/// A quarter of an hour in UTC: the finest resolution in time of a link's clicks.
///
/// Every time zone in use is a multiple of it away from UTC, so days and hours of any zone are sums
/// of whole buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(Timestamp);

impl Bucket {
    const MILLIS: i64 = 15 * 60 * 1_000;
    const HOUR_MILLIS: i64 = 60 * 60 * 1_000;

    /// The bucket that contains this point in time.
    pub fn of(at: Timestamp) -> Self {
        Self(start_of(Self::MILLIS, at))
    }

    /// The first bucket of the same hour, which holds the sum of old clicks.
    #[must_use]
    pub fn first_of_hour(self) -> Self {
        Self(start_of(Self::HOUR_MILLIS, self.0))
    }

    pub const fn start(self) -> Timestamp {
        self.0
    }

    /// The bucket after it; the last bucket returns itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of(Timestamp::from_millis(self.0.as_millis() + Self::MILLIS))
    }
}

/// Also correct before 1970, where times are negative.
fn start_of(millis: i64, at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().div_euclid(millis) * millis)
}

#[cfg(test)]
mod tests;
