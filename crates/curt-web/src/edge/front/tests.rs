//! What happens to a request whose handler panics.

use axum::{body::to_bytes, routing::get};
use http::StatusCode;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::app::tests::open_app;

async fn get_status_and_body(front: &Front, path: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(path).header("host", "sho.rt").body(Body::empty()).unwrap();
    let Ok(response) = front.answer(request).await;
    assert!(response.headers().contains_key(REQUEST_ID), "{response:?}");
    let status = response.status();
    (status, to_bytes(response.into_body(), 64 * 1024).await.unwrap().to_vec())
}

/// Stands for any bug of ours in a handler.
async fn fail() {
    panic!("on purpose, with a secret in its message");
}

#[tokio::test]
async fn f22_a_panic_ends_its_own_request_and_no_other() {
    let directory = TempDir::new().unwrap();
    let app = open_app(directory.path()).await;
    let mut front = Front::new(app, HttpMetrics::new(&mut Registry::default()));
    let shared = Arc::get_mut(&mut front.shared).expect("nobody else has it yet");
    shared.router = Router::new().route("/test/panic", get(fail));

    for _ in 0..3 {
        let (status, body) = get_status_and_body(&front, "/test/panic").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["detail"], "something went wrong on our side");
    }
    let (status, _) = get_status_and_body(&front, "/unknown").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
