//! What probes are told, when all is well and when not.

use std::time::Duration;

use curt_journal::Durability;
use curt_web::BackupState;
use serde_json::json;

use crate::app::{START, TestApp};

#[tokio::test]
async fn a_node_that_works_says_so() {
    let app = TestApp::start().await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = app.ask("GET", path).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, text));
    }
    let health = app.ask("GET", "/api/v1/health").await.ok(200);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["database"]["engine"], "sqlite");
    assert_eq!(health["database"]["reachable"], true);
    assert!(0.0 < health["database"]["latency_ms"].as_f64().unwrap(), "{health}");
}

#[tokio::test]
async fn a_stopping_node_is_not_ready_and_still_serves() {
    let app = TestApp::start().await;
    app.shorten("link", "https://example.com/", serde_json::json!({})).await;
    app.visit("/link").await.leads_to(302, "https://example.com/");
    app.node.stop();

    let ready = app.ask("GET", "/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text()), (503, "stopping\n"));
    let health = app.ask("GET", "/api/v1/health").await;
    assert_eq!(health.ok(503)["status"], "stopping");
    assert_eq!(app.ask("GET", "/healthz").await.status, 200);
    app.visit("/link").await.leads_to(302, "https://example.com/");
}

#[tokio::test]
async fn a_closing_node_asks_its_clients_to_leave() {
    let app = TestApp::start().await;
    app.shorten("link", "https://example.com/", serde_json::json!({})).await;
    app.visit("/link").await.leads_to(302, "https://example.com/");
    app.node.stop();
    assert_eq!(app.ask("GET", "/healthz").await.find("connection"), None);
    app.node.close();
    // From memory, from the database, and from the router.
    for path in ["/link", "/none", "/api/v1/urls", "/healthz"] {
        assert_eq!(app.ask("GET", path).await.header("connection"), "close", "{path}");
    }
    app.visit("/link").await.leads_to(302, "https://example.com/");
}

#[tokio::test]
async fn a_database_that_is_away_degrades_the_node_and_does_not_take_it_out() {
    let app = TestApp::start().await;
    app.node.set_database_reached(false);
    let ready = app.ask("GET", "/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text()), (200, "degraded\n"));

    app.store.close().await;
    let health = app.ask("GET", "/api/v1/health").await.ok(200);
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["database"]["reachable"], false);
    assert_eq!(health["database"]["latency_ms"], serde_json::Value::Null);

    app.node.set_database_reached(true);
    assert_eq!(app.ask("GET", "/readyz").await.text(), "ready\n");
}

#[tokio::test]
async fn b2_a_flood_of_health_requests_asks_the_database_once_a_second() {
    let app = TestApp::start().await;
    let database = async || app.ask("GET", "/api/v1/health").await.ok(200)["database"].clone();
    let first = database().await;
    assert_eq!(first["reachable"], true);
    app.store.close().await;
    app.clock.advance(Duration::from_millis(999));
    for _ in 0..100 {
        assert_eq!(database().await, first);
    }
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(database().await["reachable"], false);
}

#[tokio::test]
async fn health_says_how_clicks_are_counted() {
    let app = TestApp::start().await;
    let health = app.ask("GET", "/api/v1/health").await.ok(200);
    assert_eq!(health["counting"], json!(null), "nobody counts any");

    let app = TestApp::with(|settings| settings.clicks = Some(Durability::Process)).await;
    let health = app.ask("GET", "/api/v1/health").await.ok(200);
    let counting = &health["counting"];
    assert_eq!([&counting["ok"], &counting["journal"]], [&json!(true), &json!("working")]);
    let max_bytes = counting["journal_max_bytes"].as_u64().unwrap();
    assert!(counting["journal_bytes"].as_u64().unwrap() <= max_bytes, "{counting}");
    assert_eq!([&counting["dropped"], &counting["skipped_segments"]], [&json!(0), &json!(0)]);
    assert_eq!(counting["left_segments"], counting["skipped_segments"], "its name before 0.2");
}

/// This node writes clicks down, and no drain counts them.
#[tokio::test]
async fn health_says_how_many_clicks_wait_and_how_fast_they_are_counted() {
    let app = TestApp::with(|settings| settings.clicks = Some(Durability::Process)).await;
    app.shorten("link", "https://example.com/", json!({})).await;
    for clicks in 0..3 {
        let counting = &app.ask("GET", "/api/v1/health").await.ok(200)["counting"];
        assert_eq!([&counting["depth"], &counting["clicks_per_s"]], [&json!(clicks), &json!(0.0)]);
        app.visit("/link").await.leads_to(302, "https://example.com/");
    }
}

#[tokio::test]
async fn p7_health_says_how_old_the_newest_backup_is_and_stays_ready() {
    let app = TestApp::start().await;
    let backup = async || app.ask("GET", "/api/v1/health").await.ok(200)["backup"].clone();
    assert_eq!(backup().await, json!(null), "nobody makes any");

    let age_max = Duration::from_hours(25);
    app.node.set_backup(BackupState { newest_at: None, age_max, failing: true });
    let none = json!({ "ok": false, "last_at": null, "age_s": null, "failing": true });
    assert_eq!(backup().await, none);

    let newest_at = Some(app.clock.now());
    app.node.set_backup(BackupState { newest_at, age_max, failing: false });
    app.clock.advance(age_max);
    let young = json!({ "ok": true, "last_at": START, "age_s": 90_000, "failing": false });
    assert_eq!(backup().await, young);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(backup().await["ok"], false);

    let health = app.ask("GET", "/api/v1/health").await.ok(200);
    assert_eq!(health["status"], "ok", "no visitor is harmed");
    assert_eq!(app.ask("GET", "/readyz").await.text(), "ready\n");
}
