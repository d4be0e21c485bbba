//! What probes and people ask about the node.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State, http::StatusCode};
use curt_analytics::DrainState;
use curt_domain::{Clock, Timestamp};
use curt_journal::{State as JournalState, Stats};
use curt_store::Store;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    clicks::{ClickPipeline, Clicks},
    node::{BackupState, Node, NotReady},
    request::tags,
};

mod schema;

/// Clicks show within a second; what takes so much longer is stuck, whatever else is said.
const LAG_MAX: Duration = Duration::from_mins(1);

/// So long after a click was dropped, it is still told that clicks are.
const DROP_AGE_MAX: Duration = Duration::from_secs(5);

/// Ask whether the process answers
///
/// For liveness probes: nothing else is asked, neither the database nor the disk.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "live",
    tag = tags::HEALTH,
    responses((status = 200, description = "`ok`", body = String, content_type = "text/plain")),
)]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Ask whether this node should get traffic
///
/// For readiness probes. A database that is away does not take the node out: every other node would
/// go with it, and cached links still work here.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = tags::HEALTH,
    responses(
        (
            status = 200,
            description = "`ready`, or `degraded` while the database cannot be reached",
            body = String,
            content_type = "text/plain",
        ),
        (
            status = 503,
            description = "`stopping`, or `storage failed` until a restart",
            body = String,
            content_type = "text/plain",
        ),
    ),
)]
pub(crate) async fn ready(State(node): State<Arc<Node>>) -> (StatusCode, &'static str) {
    match node.readiness() {
        Err(NotReady::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Err(NotReady::StorageFailed) => (StatusCode::SERVICE_UNAVAILABLE, "storage failed\n"),
        Ok(()) if node.reaches_database() => (StatusCode::OK, "ready\n"),
        Ok(()) => (StatusCode::OK, "degraded\n"),
    }
}

/// How the node is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthView {
    #[schema(schema_with = schema::status)]
    status: &'static str,
    /// Of the program.
    version: &'static str,
    database: DatabaseView,
    /// Null when this node makes no backups.
    #[schema(required = true)]
    backup: Option<BackupView>,
    /// Null when this node counts no clicks.
    #[schema(required = true)]
    counting: Option<CountingView>,
}

/// How the database is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = DatabaseHealth)]
struct DatabaseView {
    #[schema(schema_with = schema::engine)]
    engine: &'static str,
    /// Whether it answered within the last second.
    reachable: bool,
    /// What that round trip took, in milliseconds; null when there was no answer.
    #[schema(required = true)]
    latency_ms: Option<f64>,
}

/// How the backups stand that this node makes.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupHealth)]
struct BackupView {
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
    fn new(state: BackupState, now: Timestamp) -> Self {
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
struct CountingView {
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
    fn new(pipeline: &ClickPipeline, clock: &Clock) -> Self {
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

/// Show how the node is doing
///
/// The parts one by one, for people; the status code is that of `/readyz`. `status` tells how the
/// node serves: a missing backup harms no visitor, so it is told in its own part alone.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    operation_id = "show_health",
    tag = tags::HEALTH,
    responses(
        (status = 200, description = "The node should get traffic.", body = HealthView),
        (status = 503, description = "The node is stopping, or its storage failed.", body = HealthView),
    ),
)]
pub(crate) async fn health(
    State(node): State<Arc<Node>>,
    State(store): State<Store>,
    State(clicks): State<Clicks>,
    State(clock): State<Clock>,
) -> (StatusCode, Json<HealthView>) {
    let latency = node.database_latency(&clock).await;
    let (reachable, latency_ms) = (latency.is_some(), latency.map(|took| took.as_secs_f64() * 1e3));
    let (code, status) = match node.readiness() {
        Err(NotReady::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        Err(NotReady::StorageFailed) => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
        Ok(()) if reachable => (StatusCode::OK, "ok"),
        Ok(()) => (StatusCode::OK, "degraded"),
    };
    let database = DatabaseView { engine: store.engine().as_str(), reachable, latency_ms };
    let now = clock.now();
    let backup = node.backup().map(|state| BackupView::new(state, now));
    let counting = clicks.pipeline().map(|pipeline| CountingView::new(pipeline, &clock));
    let version = env!("CARGO_PKG_VERSION");
    (code, Json(HealthView { status, version, database, backup, counting }))
}

#[cfg(test)]
mod tests;
