//! What a link was before each edit.

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::TestApp;

const TARGET: &str = "https://example.com/";

fn revisions(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["revision"].as_u64().unwrap()).collect()
}

async fn edited(app: &TestApp, times: u64) -> u64 {
    let id = app.shorten("link", TARGET, json!({})).await;
    for number in 1..=times {
        app.clock.advance(Duration::from_secs(1));
        app.edit(id, &json!({ "title": format!("Title {number}") })).await.ok(200);
    }
    id
}

#[tokio::test]
async fn a_new_link_has_no_history() {
    let app = TestApp::start().await;
    let id = edited(&app, 0).await;
    assert_eq!(app.history(id, "").await.ok(200), json!({ "items": [], "next_cursor": null }));
    app.history(id + 1, "").await.problem(404, "not_found");
}

#[tokio::test]
async fn every_edit_keeps_what_it_replaced() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "title": "First", "tags": ["b", "a"] })).await;
    let edits = [
        json!({ "original_url": "https://example.com/new", "tags": [], "title": null }),
        json!({ "status": "disabled" }),
        json!({ "status": "active", "max_clicks": 7 }),
    ];
    for edit in edits {
        app.clock.advance(Duration::from_secs(1));
        app.edit(id, &edit).await.ok(200);
    }
    assert_json_snapshot!(app.history(id, "").await.ok(200));
}

#[tokio::test]
async fn deleting_and_restoring_are_in_the_history() {
    let app = TestApp::start().await;
    let id = edited(&app, 0).await;
    assert_eq!(app.delete(id).await.status, 204);
    app.clock.advance(Duration::from_secs(1));
    app.restore(id).await.ok(200);
    let page = app.history(id, "").await.ok(200);
    assert_eq!(revisions(&page), [2, 1]);
    assert_eq!(page["items"][0]["deleted_at"], "2026-01-31T12:00:00.000Z");
    assert_eq!(page["items"][1]["deleted_at"], json!(null));
}

#[tokio::test]
async fn pages_go_back_to_the_first_revision() {
    let app = TestApp::start().await;
    let id = edited(&app, 5).await;
    let first = app.history(id, "limit=2").await.ok(200);
    assert_eq!(revisions(&first), [5, 4]);
    // An edit between two pages moves nothing.
    app.edit(id, &json!({ "note": "meanwhile" })).await.ok(200);

    let cursor = first["next_cursor"].as_str().unwrap();
    let second = app.history(id, &format!("limit=2&cursor={cursor}")).await.ok(200);
    assert_eq!(revisions(&second), [3, 2]);
    let cursor = second["next_cursor"].as_str().unwrap();
    let last = app.history(id, &format!("limit=2&cursor={cursor}")).await.ok(200);
    assert_eq!((revisions(&last), &last["next_cursor"]), (vec![1], &json!(null)));
}

#[tokio::test]
async fn a_full_last_page_says_that_it_is_the_last() {
    let app = TestApp::start().await;
    let id = edited(&app, 2).await;
    let page = app.history(id, "limit=2").await.ok(200);
    assert_eq!((revisions(&page), &page["next_cursor"]), (vec![2, 1], &json!(null)));
}

#[tokio::test]
async fn a_foreign_cursor_is_refused() {
    let app = TestApp::start().await;
    let id = edited(&app, 2).await;
    for cursor in ["abc", "-1", "1.5", "", "18446744073709551616"] {
        let answer = app.history(id, &format!("cursor={cursor}")).await;
        answer.refuses("cursor", "invalid_field");
    }
    let before_all = app.history(id, "cursor=0").await.ok(200);
    assert_eq!(before_all["items"], json!([]));
    let after_all = app.history(id, "cursor=18446744073709551615").await.ok(200);
    assert_eq!(revisions(&after_all), [2, 1]);
}
