//! The node's health in answers.

use std::time::{Duration, Instant};

use curt_analytics::DrainState;
use curt_domain::{Clock, Timestamp};
use curt_journal::{State as JournalState, Stats};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::health::schema, clicks::ClickPipeline, node::BackupState};

/// Clicks show within a second; a lag as long as this means that counting is stuck.
const LAG_MAX: Duration = Duration::from_mins(1);

/// For how long after a click was dropped the node is reported as dropping clicks.
const DROP_AGE_MAX: Duration = Duration::from_secs(5);

/// How the node is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthView {
    #[schema(schema_with = schema::status)]
    pub(super) status: &'static str,
    /// Of the program.
    pub(super) version: &'static str,
    pub(super) database: DatabaseView,
    /// Null when this node makes no backups.
    #[schema(required = true)]
    pub(super) backup: Option<BackupView>,
    /// Null when this node counts no clicks.
    #[schema(required = true)]
    pub(super) counting: Option<CountingView>,
}

/// How the database is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = DatabaseHealth)]
pub(super) struct DatabaseView {
    #[schema(schema_with = schema::engine)]
    pub(super) engine: &'static str,
    /// Whether it answered within the last second.
    pub(super) reachable: bool,
    /// What that round trip took, in milliseconds; null when there was no answer.
    #[schema(required = true)]
    pub(super) latency_ms: Option<f64>,
}

/// How the backups stand that this node makes.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupHealth)]
pub(super) struct BackupView {
    /// Whether there is a verified backup that is young enough.
    ok: bool,
    /// When the newest verified one was made; null when there is none.
    #[schema(required = true, format = DateTime)]
    last_at: Option<String>,
    /// How old that is, in seconds.
    #[schema(required = true)]
    age_s: Option<u64>,
    /// Whether the latest attempt to make one failed; the log says why.
    failing: bool,
}

impl BackupView {
    pub(super) fn new(state: BackupState, now: Timestamp) -> Self {
        let BackupState { newest_at, age_max, failing } = state;
        let age = newest_at.map(|at| now.since(at));
        Self {
            ok: age.is_some_and(|age| age <= age_max),
            last_at: newest_at.map(|at| at.to_string()),
            age_s: age.map(|age| age.as_secs()),
            failing,
        }
    }
}

/// How clicks are counted.
#[derive(Serialize, ToSchema)]
#[schema(as = CountingHealth)]
pub(super) struct CountingView {
    /// Whether every click is written down, and counted soon after.
    ok: bool,
    #[schema(schema_with = schema::journal_state)]
    journal: &'static str,
    /// How much room clicks take that are not counted yet, in bytes, what is reserved included.
    journal_bytes: u64,
    /// How much they may take.
    journal_max_bytes: u64,
    /// How long ago the oldest click may have been that is not counted yet, in seconds.
    lag_s: f64,
    /// How many clicks that were written down since the start are not counted yet.
    depth: u64,
    /// How many clicks were counted each second, on average of the last minute.
    clicks_per_s: f64,
    /// Whether the latest clicks could not be read or the database did not take them; the log says
    /// why. They stay in the journal.
    failing: bool,
    /// Clicks since the start that were followed and could not be written down.
    dropped: u64,
    /// Files of the journal that wait for a newer release, or cannot be read; the log names them.
    skipped_segments: usize,
    /// The old name of `skipped_segments`, until 0.2.
    #[schema(deprecated)]
    left_segments: usize,
}

impl CountingView {
    pub(super) fn new(pipeline: &ClickPipeline, clock: &Clock) -> Self {
        let now = clock.now();
        let (stats, drain) = (pipeline.journal.stats(), pipeline.drain.state());
        Self {
            ok: takes_clicks(&stats, clock.instant()) && counts_in_time(&drain, now),
            journal: match stats.state {
                JournalState::Working => "working",
                JournalState::Full => "full",
                JournalState::Failing => "failing",
            },
            journal_bytes: stats.bytes,
            journal_max_bytes: stats.capacity,
            lag_s: pipeline.drain.lag(now).unwrap_or_default().as_secs_f64(),
            depth: pipeline.drain.depth(&pipeline.journal),
            clicks_per_s: pipeline.drain.clicks_per_second(clock.instant()),
            failing: drain.failure.is_some(),
            dropped: stats.records_dropped,
            skipped_segments: drain.skipped_segments,
            left_segments: drain.skipped_segments,
        }
    }
}

fn takes_clicks(stats: &Stats, now: Instant) -> bool {
    let drops = stats.last_drop.is_some_and(|at| now.saturating_duration_since(at) <= DROP_AGE_MAX);
    stats.state == JournalState::Working && !drops
}

fn counts_in_time(drain: &DrainState, now: Timestamp) -> bool {
    let lag = drain.counted_to.map(|counted_to| now.since(counted_to)).unwrap_or_default();
    drain.failure.is_none() && lag <= LAG_MAX && drain.skipped_segments == 0
}

#[cfg(test)]
mod tests;
