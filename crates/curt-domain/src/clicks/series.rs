//! Buckets added up to what people look at: points in time, and hours of the week.
//!
//! A bucket counts where it begins. Days and hours of zones that are half an hour off UTC are right
//! as long as buckets are quarters of an hour; of old ones, which are whole hours, the clicks of up
//! to 45 minutes count for the unit before.

use super::{Bucket, ClickTotals, Span};
use crate::{
    calendar::{HOURS, TimeUnit, WEEKDAYS, Zone},
    time::Timestamp,
};

/// Most points of a series: ten years by the day, five months by the hour. As JSON they take half
/// a megabyte.
pub const POINTS_MAX: usize = 3_700;

/// Clicks over time, a point for each unit, also where nothing happened.
///
/// **Invariant:** every bucket of the span belongs to exactly one point.
#[derive(Debug, Clone)]
pub struct ClickSeries {
    /// Where each point begins, ascending; the first at the start of the span or before.
    starts: Vec<Timestamp>,
    totals: Vec<ClickTotals>,
}

/// A series would have more than [`POINTS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many points")]
pub struct TooManyPoints {
    /// The shortest unit that makes few enough.
    pub unit_that_fits: Option<TimeUnit>,
}

impl ClickSeries {
    /// Zero everywhere; the first and the last unit may lie in the span in part.
    pub fn new(unit: TimeUnit, zone: &Zone, span: Span) -> Result<Self, TooManyPoints> {
        let starts = starts(unit, zone, span).ok_or_else(|| {
            let mut longer = TimeUnit::ALL.into_iter().skip_while(|other| *other != unit).skip(1);
            let unit_that_fits = longer.find(|unit| starts(*unit, zone, span).is_some());
            TooManyPoints { unit_that_fits }
        })?;
        Ok(Self { totals: vec![ClickTotals::default(); starts.len()], starts })
    }

    /// Adds what a bucket of the span has.
    pub fn add(&mut self, bucket: Bucket, totals: &ClickTotals) {
        let behind = self.starts.partition_point(|start| *start <= bucket.start());
        // A bucket from before the span would be its caller's mistake; it must not go missing.
        self.totals[behind.saturating_sub(1)].add(totals);
    }

    /// The start of each unit and its clicks, in order.
    pub fn points(&self) -> impl Iterator<Item = (Timestamp, &ClickTotals)> {
        self.starts.iter().copied().zip(&self.totals)
    }
}

/// The starts of the units that have something of the span; `None` if they are too many.
fn starts(unit: TimeUnit, zone: &Zone, span: Span) -> Option<Vec<Timestamp>> {
    let mut starts = vec![zone.unit_start(unit, span.from().start())];
    while let Some(next) = zone.next_unit_start(unit, *starts.last()?) {
        if span.to().start() <= next {
            break;
        }
        // Where a clock went back over midnight, an earlier unit is found first.
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

/// Clicks by weekday and hour, as calendar and clocks of a zone show them.
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
