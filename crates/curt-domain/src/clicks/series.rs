//! Buckets added up for charts: points in time, and hours of the week.
//!
//! A bucket counts at its start. Days and hours of zones that are half an hour off UTC are exact as
//! long as buckets are quarters of an hour. Old buckets are whole hours, so the clicks of up to 45
//! minutes may count for the unit before.

use super::{Bucket, ClickTotals, Span};
use crate::{
    calendar::{HOURS, TimeUnit, WEEKDAYS, Zone},
    time::Timestamp,
};

/// Most points of a series: ten years by day, five months by hour. As JSON they take half a
/// megabyte.
pub const POINTS_MAX: usize = 3_700;

/// Clicks over time, a point for each unit, including units without clicks.
///
/// **Invariant:** every bucket of the span belongs to exactly one point.
#[derive(Debug, Clone)]
pub struct ClickSeries {
    /// The start of each point, ascending; the first is at the start of the span or before.
    starts: Vec<Timestamp>,
    totals: Vec<ClickTotals>,
}

/// A series would have more than [`POINTS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many points")]
pub struct TooManyPoints {
    /// The shortest unit with few enough points.
    pub unit_that_fits: Option<TimeUnit>,
}

impl ClickSeries {
    /// Zero everywhere; the first and the last unit may be only partly in the span.
    pub fn new(unit: TimeUnit, zone: &Zone, span: Span) -> Result<Self, TooManyPoints> {
        let starts = starts(unit, zone, span).ok_or_else(|| {
            let mut longer = TimeUnit::ALL.into_iter().skip_while(|other| *other != unit).skip(1);
            let unit_that_fits = longer.find(|unit| starts(*unit, zone, span).is_some());
            TooManyPoints { unit_that_fits }
        })?;
        Ok(Self { totals: vec![ClickTotals::default(); starts.len()], starts })
    }

    /// Adds the clicks of a bucket in the span.
    pub fn add(&mut self, bucket: Bucket, totals: &ClickTotals) {
        let behind = self.starts.partition_point(|start| *start <= bucket.start());
        // A bucket before the span would be a bug of the caller; its clicks must not be lost.
        self.totals[behind.saturating_sub(1)].add(totals);
    }

    /// The start of each unit and its clicks, in order.
    pub fn points(&self) -> impl Iterator<Item = (Timestamp, &ClickTotals)> {
        self.starts.iter().copied().zip(&self.totals)
    }
}

/// The starts of the units that overlap the span; `None` if there are too many.
fn starts(unit: TimeUnit, zone: &Zone, span: Span) -> Option<Vec<Timestamp>> {
    let mut starts = vec![zone.unit_start(unit, span.from().start())];
    while let Some(next) = zone.next_unit_start(unit, *starts.last()?) {
        if span.to().start() <= next {
            break;
        }
        // If a clock went back over midnight, an earlier unit is found first.
        if next <= span.from().start() {
            starts.clear();
        }
        if POINTS_MAX == starts.len() {
            return None;
        }
        starts.push(next);
    }
    Some(starts)
}

/// Clicks by local weekday and hour of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekHours {
    zone: Zone,
    clicks: [[u64; HOURS]; WEEKDAYS],
}

impl WeekHours {
    pub const fn new(zone: Zone) -> Self {
        Self { zone, clicks: [[0; HOURS]; WEEKDAYS] }
    }

    pub fn add(&mut self, bucket: Bucket, clicks: u64) {
        let (weekday, hour) = self.zone.weekday_and_hour(bucket.start());
        self.clicks[weekday][hour] += clicks;
    }

    /// Monday first, midnight first.
    pub const fn clicks(&self) -> &[[u64; HOURS]; WEEKDAYS] {
        &self.clicks
    }
}

#[cfg(test)]
mod tests;
