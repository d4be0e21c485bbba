//! The node's health, for probes and people.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use curt_domain::Clock;
use curt_store::Store;

use crate::{
    clicks::Clicks,
    node::{Node, NotReady},
    request::tags,
};

mod schema;
mod view;

use view::{BackupView, CountingView, DatabaseView, HealthView};

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
