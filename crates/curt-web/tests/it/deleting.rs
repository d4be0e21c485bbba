//! Deleting links, restoring them in time, and trying too late.

use std::time::Duration;

use curt_store::RESTORE_WINDOW;
use serde_json::json;

use crate::app::TestApp;

const TARGET: &str = "https://example.com/";

#[tokio::test]
async fn a_deleted_link_is_gone_for_visitors_and_for_its_owner() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "tags": ["a"] })).await;
    app.shorten("kept", TARGET, json!({})).await;
    let deleted = app.delete(id).await;
    assert_eq!(deleted.status, 204);
    assert!(deleted.body.is_empty());

    app.ask("GET", "/link").await.problem(404, "not_found");
    app.ask("GET", "/link+").await.problem(404, "not_found");
    app.link(id).await.problem(404, "not_found");
    app.edit(id, &json!({ "title": "x" })).await.problem(404, "not_found");
    app.history(id, "").await.problem(404, "not_found");
    app.delete(id).await.problem(404, "not_found");
    assert_eq!(app.link_count().await, 1);
    assert_eq!(app.links("tag=a").await.ok(200)["items"], json!([]));
    app.visit("/kept").await.leads_to(302, TARGET);
}

#[tokio::test]
async fn a_restored_link_is_as_it_was() {
    let app = TestApp::start().await;
    let more = json!({ "title": "Title", "tags": ["a"], "max_clicks": 2, "note": "n" });
    let id = app.shorten("link", TARGET, more).await;
    app.visit("/link").await.leads_to(302, TARGET);
    let mut expected = app.link(id).await.ok(200);

    assert_eq!(app.delete(id).await.status, 204);
    app.clock.advance(RESTORE_WINDOW);
    let restored = app.restore(id).await;
    expected["revision"] = json!(3);
    expected["updated_at"] = json!("2026-03-02T12:00:00.000Z");
    assert_eq!(restored.ok(200), expected);
    assert_eq!(restored.header("etag"), "\"3\"");
    assert_eq!(app.link(id).await.ok(200), expected);
    assert_eq!(app.links("tag=a").await.ok(200)["items"], json!([expected]));

    app.visit("/link").await.leads_to(302, TARGET);
    assert_eq!(app.visit("/link").await.status, 410, "the click from before is still used");
}

#[tokio::test]
async fn after_thirty_days_it_is_too_late() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    assert_eq!(app.delete(id).await.status, 204);
    app.clock.advance(RESTORE_WINDOW + Duration::from_millis(1));
    app.restore(id).await.problem(404, "not_found");
    app.ask("GET", "/link").await.problem(404, "not_found");
}

#[tokio::test]
async fn what_is_erased_cannot_be_restored() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "title": "Title", "tags": ["a"] })).await;
    app.edit(id, &json!({ "title": "Other" })).await.ok(200);
    assert_eq!(app.delete(id).await.status, 204);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.store.erase_deleted(app.clock.now(), 10).await.unwrap(), 1);
    app.restore(id).await.problem(404, "not_found");
    app.history(id, "").await.problem(404, "not_found");
    app.ask("GET", "/link").await.problem(404, "not_found");
}

#[tokio::test]
async fn restoring_a_link_that_is_not_deleted_changes_nothing() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let before = app.link(id).await.ok(200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.restore(id).await.ok(200), before);
    app.restore(id + 1).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_disabled_link_comes_back_disabled() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    assert_eq!(app.delete(id).await.status, 204);
    assert_eq!(app.restore(id).await.ok(200)["status"], "disabled");
    app.ask("GET", "/link").await.problem(404, "not_found");
}
