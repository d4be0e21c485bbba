//! Which backups are old enough to remove: the newest of each of the last days and weeks stay.

use std::time::Duration;

use curt_domain::Timestamp;

/// How many days and weeks are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keep {
    pub(crate) days: u16,
    pub(crate) weeks: u16,
}

const DAY: Duration = Duration::from_hours(24);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The backups to remove, given the times of all, newest first.
///
/// Only days and weeks that have a backup are counted, so that a server that was off for a month
/// loses nothing. The newest always stays, and so does every backup less than a day older: with a
/// short interval those are the most useful ones.
pub(crate) fn surplus(made: &[Timestamp], keep: Keep) -> Vec<Timestamp> {
    let Some(&newest) = made.first() else { return Vec::new() };
    let (mut days, mut weeks) = (Periods::new(keep.days), Periods::new(keep.weeks));
    let is_surplus = |at: &Timestamp| {
        // Monday is day 0 of a week; the epoch was a Thursday.
        let day = at.as_millis().div_euclid(DAY_MS);
        let kept_for_day = days.keeps(day);
        let kept_for_week = weeks.keeps((day + 3).div_euclid(7));
        !kept_for_day && !kept_for_week && DAY <= newest.since(*at)
    };
    made.iter().copied().filter(is_surplus).collect()
}

/// Counts periods, and keeps the first backup in each.
struct Periods {
    left: u16,
    latest: Option<i64>,
}

impl Periods {
    fn new(count: u16) -> Self {
        Self { left: count, latest: None }
    }

    fn keeps(&mut self, period: i64) -> bool {
        if self.latest == Some(period) || self.left == 0 {
            return false;
        }
        self.latest = Some(period);
        self.left -= 1;
        true
    }
}

#[cfg(test)]
mod tests;
