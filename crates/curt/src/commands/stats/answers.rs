//! The API's answers about clicks, as far as they are shown.

use std::time::Duration;

use anyhow::Context as _;
use curt_domain::Timestamp;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Clicks {
    pub(super) total: u64,
    pub(super) human: u64,
    pub(super) bot: u64,
    pub(super) preview: u64,
    pub(super) prefetch: u64,
    pub(super) suspicious: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) tz: String,
    pub(super) clicks: Clicks,
    pub(super) previous: Previous,
    pub(super) hours_by_weekday: Vec<Vec<u64>>,
    pub(super) missing: Missing,
}

#[derive(Debug, Deserialize)]
pub(super) struct Previous {
    pub(super) clicks: Clicks,
}

#[derive(Debug, Deserialize)]
pub(super) struct Missing {
    pub(super) dropped: u64,
    pub(super) lost: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Series {
    pub(super) unit: String,
    pub(super) points: Vec<Point>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Point {
    pub(super) at: String,
    pub(super) clicks: Clicks,
}

impl Summary {
    /// The length of the period.
    pub(super) fn length(&self) -> anyhow::Result<Duration> {
        let time = |text: &str| {
            text.parse::<Timestamp>().with_context(|| format!("the answer has the time {text}"))
        };
        Ok(time(&self.to)?.since(time(&self.from)?))
    }
}

impl Point {
    /// The part of the point's time that the unit needs, in local time of the zone.
    pub(super) fn label(&self, unit: &str) -> String {
        let len = match unit {
            "hour" => "2026-01-31T12:00".len(),
            "month" => "2026-01".len(),
            _ => "2026-01-31".len(),
        };
        minute(&self.at).chars().take(len).collect()
    }
}

/// A time without its seconds and its offset; the zone makes the offset clear.
pub(super) fn minute(at: &str) -> String {
    at.chars().take("2026-01-31T12:00".len()).collect::<String>().replace('T', " ")
}
