//! Lengths of time, as people type them.

use std::{ops::RangeInclusive, time::Duration};

use crate::config;

/// A link with a shorter life ends before its user can send it; a longer one never ends in
/// practice.
const SPANS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_hours(100 * 366 * 24);

pub(super) fn span(text: &str) -> Result<Duration, String> {
    let span = config::duration(text, SPANS);
    span.map_err(|_| "expected a time span such as 90s, 30m, 12h, 30d or 4w".to_owned())
}
