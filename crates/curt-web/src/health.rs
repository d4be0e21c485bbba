//! What probes and people ask about the node.

use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State, http::StatusCode};
use curt_domain::{Clock, Timestamp};
use curt_store::Store;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{BackupState, Node, node::NotReady, openapi::fields};

/// Under which the API's documentation groups them.
const TAG: &str = "health";

/// Ask whether the process answers
///
/// For liveness probes: nothing else is asked, neither the database nor the disk.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "live",
    tag = TAG,
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
    tag = TAG,
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
    #[schema(schema_with = fields::health_status)]
    status: &'static str,
    /// Of the program.
    version: &'static str,
    database: DatabaseView,
    /// Null when this node makes no backups.
    #[schema(required = true)]
    backup: Option<BackupView>,
}

/// How the database is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = DatabaseHealth)]
struct DatabaseView {
    #[schema(schema_with = fields::engine)]
    engine: &'static str,
    /// Whether it answered just now.
    reachable: bool,
    /// What one round trip took, in milliseconds; null when there was no answer.
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

/// Show how the node is doing
///
/// The parts one by one, for people; the status code is that of `/readyz`. `status` tells how the
/// node serves: a missing backup harms no visitor, so it is told in its own part alone.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    operation_id = "show_health",
    tag = TAG,
    responses(
        (status = 200, description = "The node should get traffic.", body = HealthView),
        (status = 503, description = "The node is stopping, or its storage failed.", body = HealthView),
    ),
)]
pub(crate) async fn health(
    State(node): State<Arc<Node>>,
    State(store): State<Store>,
    State(clock): State<Clock>,
) -> (StatusCode, Json<HealthView>) {
    let start = Instant::now();
    let reachable = store.ping().await.is_ok();
    let latency_ms = reachable.then(|| start.elapsed().as_secs_f64() * 1e3);
    let (code, status) = match node.readiness() {
        Err(NotReady::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        Err(NotReady::StorageFailed) => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
        Ok(()) if reachable => (StatusCode::OK, "ok"),
        Ok(()) => (StatusCode::OK, "degraded"),
    };
    let database = DatabaseView { engine: store.engine().as_str(), reachable, latency_ms };
    let backup = node.backup().map(|state| BackupView::new(state, clock.now()));
    (code, Json(HealthView { status, version: env!("CARGO_PKG_VERSION"), database, backup }))
}
