//! What probes and people ask about the node.

use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State, http::StatusCode};
use curt_store::Store;
use serde::Serialize;

use crate::{Node, node::NotReady};

/// The process runs and answers; nothing else is asked.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Whether this node should get traffic. A database that is away does not take it out: every other
/// node would go with it, and cached links still work here.
pub(crate) async fn ready(State(node): State<Arc<Node>>) -> (StatusCode, &'static str) {
    match node.readiness() {
        Err(NotReady::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Err(NotReady::StorageFailed) => (StatusCode::SERVICE_UNAVAILABLE, "storage failed\n"),
        Ok(()) if node.reaches_database() => (StatusCode::OK, "ready\n"),
        Ok(()) => (StatusCode::OK, "degraded\n"),
    }
}

#[derive(Serialize)]
pub(crate) struct HealthView {
    status: &'static str,
    version: &'static str,
    database: DatabaseView,
}

#[derive(Serialize)]
struct DatabaseView {
    engine: &'static str,
    reachable: bool,
    /// What one round trip took, in milliseconds; null when there was no answer.
    latency_ms: Option<f64>,
}

/// The parts one by one, for people; the status code is that of `/readyz`.
pub(crate) async fn health(
    State(node): State<Arc<Node>>,
    State(store): State<Store>,
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
    (code, Json(HealthView { status, version: env!("CARGO_PKG_VERSION"), database }))
}
