//! The local calendar: hours, days, weeks and months of a time zone.
//!
//! **Invariant:** the units of a kind cover all time, one after the other, without gap or overlap,
//! whatever clock changes happen. A day with a clock change has 23 or 25 hours, or 24 and a half.

use std::{fmt, str::FromStr};

use jiff::{
    ToSpan as _,
    civil::Date,
    tz::{AmbiguousOffset, Offset},
};

use crate::time::Timestamp;

mod zones;

pub use zones::{UnknownZone, Zone};

/// Hours of a day, as clocks show them.
pub const HOURS: usize = 24;

/// Days of a week, Monday first.
pub const WEEKDAYS: usize = 7;

const HOUR_MILLIS: i64 = 60 * 60 * 1_000;

/// The units in which people count time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    Hour,
    Day,
    /// Starts on Monday.
    Week,
    Month,
}

impl TimeUnit {
    /// From the shortest to the longest.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the unit that contains this day.
    fn first_day(self, day: Date) -> Date {
        match self {
            Self::Hour | Self::Day => day,
            Self::Week => {
                let before = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(before.days()).unwrap_or(Date::MIN)
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// The first day of the next unit; `None` at the end of the calendar.
    fn next_first_day(self, first_day: Date) -> Option<Date> {
        let length = match self {
            Self::Hour | Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        first_day.checked_add(length).ok()
    }
}

/// A calendar day, without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

/// The text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form 2026-01-31")]
pub struct InvalidDay;

impl Day {
    /// That many days earlier, or the first day of the calendar.
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN))
    }

    /// The next day; the last day of the calendar returns itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1.day()).unwrap_or(Date::MAX))
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        // jiff accepts more, for example a time after the date, which it would drop.
        let has_shape = text.len() == "2026-01-31".len()
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day = text.parse().ok().filter(|_| has_shape);
        day.map(Self).ok_or(InvalidDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Zone {
    pub fn day_of(&self, at: Timestamp) -> Day {
        Day(self.rules().to_datetime(at.to_jiff()).date())
    }

    /// The first moment of the day, which is not midnight if clocks are put forward then. A day
    /// that was skipped altogether starts when the next one does.
    pub fn start_of(&self, day: Day) -> Timestamp {
        let midnight = self.rules().to_ambiguous_timestamp(day.0.at(0, 0, 0, 0));
        let is_skipped = matches!(midnight.offset(), AmbiguousOffset::Gap { .. });
        let Ok(first) = midnight.compatible() else {
            let beyond = if day.0 < Date::ZERO { i64::MIN } else { i64::MAX };
            return Timestamp::from_millis(beyond);
        };
        let first = Timestamp::from_jiff(first);
        if is_skipped { self.last_change(first).unwrap_or(first) } else { first }
    }

    /// The local weekday, with Monday as 0, and the local hour.
    pub fn weekday_and_hour(&self, at: Timestamp) -> (usize, usize) {
        let local = self.rules().to_datetime(at.to_jiff());
        let number = |number: i8| usize::try_from(number).expect("a calendar counts from zero");
        (number(local.weekday().to_monday_zero_offset()), number(local.hour()))
    }

    /// The start of the unit that contains this moment.
    pub(crate) fn unit_start(&self, unit: TimeUnit, at: Timestamp) -> Timestamp {
        match unit {
            TimeUnit::Hour => self.hour_start(at),
            TimeUnit::Day | TimeUnit::Week | TimeUnit::Month => {
                self.start_of(Day(unit.first_day(self.day_of(at).0)))
            }
        }
    }

    /// The start of the unit after the one that begins at `start`; `None` at the end of the
    /// calendar.
    pub(crate) fn next_unit_start(&self, unit: TimeUnit, start: Timestamp) -> Option<Timestamp> {
        if unit == TimeUnit::Hour {
            return self.next_hour_start(start);
        }
        let mut first_day = unit.first_day(self.day_of(start).0);
        loop {
            first_day = unit.next_first_day(first_day)?;
            let next = self.start_of(Day(first_day));
            if start < next {
                return Some(next);
            }
        }
    }

    /// By local time; or the last clock change, if it was within the hour.
    fn hour_start(&self, at: Timestamp) -> Timestamp {
        let offset = self.offset(at);
        let start = at.as_millis() - local_millis(at, offset).rem_euclid(HOUR_MILLIS);
        let start = Timestamp::from_millis(start);
        if self.offset(start) == offset {
            return start;
        }
        self.last_change(at).unwrap_or(start)
    }

    fn next_hour_start(&self, start: Timestamp) -> Option<Timestamp> {
        let offset = self.offset(start);
        let passed = local_millis(start, offset).rem_euclid(HOUR_MILLIS);
        let next = Timestamp::from_millis(start.as_millis() + HOUR_MILLIS - passed);
        if next <= start {
            return None;
        }
        if self.offset(next) == offset {
            return Some(next);
        }
        let mut changes = self.rules().following(start.to_jiff());
        let change = changes.find(|change| change.offset() != offset);
        change.map(|change| Timestamp::from_jiff(change.timestamp()).min(next))
    }

    /// The last clock change at that moment or before.
    fn last_change(&self, at: Timestamp) -> Option<Timestamp> {
        // `preceding` excludes a change at the moment itself.
        let just_after = Timestamp::from_millis(at.as_millis() + 1);
        let change = self.rules().preceding(just_after.to_jiff()).next()?;
        Some(Timestamp::from_jiff(change.timestamp()))
    }

    fn offset(&self, at: Timestamp) -> Offset {
        self.rules().to_offset(at.to_jiff())
    }
}

fn local_millis(at: Timestamp, offset: Offset) -> i64 {
    at.as_millis() + i64::from(offset.seconds()) * 1_000
}

#[cfg(test)]
pub(crate) mod tests;
