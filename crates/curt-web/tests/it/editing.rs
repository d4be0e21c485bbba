//! PATCH: an absent field is kept, null clears, and no client overwrites what it has not seen.

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::app::TestApp;

const TARGET: &str = "https://example.com/";

fn whole_link() -> Value {
    json!({
        "title": "Title", "note": "Note", "tags": ["a", "b"], "redirect_status": 301,
        "forward_query": true, "valid_from": "2026-01-01T00:00:00Z",
        "expires_at": "2026-12-31T00:00:00Z", "max_clicks": 5,
        "fallback_url": "https://example.com/over",
    })
}

/// `link` with other values in some fields.
fn changed(link: &Value, fields: Value) -> Value {
    let mut link = link.clone();
    let Value::Object(fields) = fields else { panic!("{fields} is no object") };
    link.as_object_mut().unwrap().extend(fields);
    link
}

#[tokio::test]
async fn an_absent_field_keeps() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, whole_link()).await;
    let before = app.link(id).await.ok(200);
    app.clock.advance(Duration::from_secs(1));

    let edited = app.edit(id, &json!({ "title": "Another" })).await;
    let expected = changed(
        &before,
        json!({ "title": "Another", "revision": 2, "updated_at": "2026-01-31T12:00:01.000Z" }),
    );
    assert_eq!(edited.ok(200), expected);
    assert_eq!(edited.header("etag"), "\"2\"");
    assert_eq!(app.link(id).await.ok(200), expected);
}

#[tokio::test]
async fn mass_02_null_clears_what_a_link_can_do_without() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, whole_link()).await;
    let clear = json!({
        "title": null, "note": null, "valid_from": null, "expires_at": null, "max_clicks": null,
        "password": null, "fallback_url": null, "tags": [],
    });
    app.edit(id, &clear).await.ok(200);
    assert_json_snapshot!(app.link(id).await.ok(200));
}

#[tokio::test]
async fn mass_02_null_is_refused_where_a_link_needs_a_value() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, whole_link()).await;
    let before = app.link(id).await.ok(200);
    for field in ["original_url", "tags", "redirect_status", "forward_query", "status"] {
        app.edit(id, &json!({ (field): null })).await.refuses(field, "invalid_field");
    }
    assert_eq!(app.link(id).await.ok(200), before);
}

#[tokio::test]
async fn every_field_can_be_edited() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    app.edit(id, &whole_link()).await.ok(200);
    app.edit(id, &json!({ "original_url": "https://example.com/new" })).await.ok(200);
    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    assert_json_snapshot!(app.link(id).await.ok(200));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_none() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, whole_link()).await;
    let before = app.link(id).await.ok(200);
    app.clock.advance(Duration::from_secs(1));
    for nothing in [json!({}), whole_link(), json!({ "status": "active" })] {
        let answer = app.edit(id, &nothing).await;
        assert_eq!(answer.ok(200), before);
        assert_eq!(answer.header("etag"), "\"1\"");
    }
    assert_eq!(app.history(id, "").await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn a_refused_edit_changes_nothing() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, whole_link()).await;
    let before = app.link(id).await.ok(200);
    let partly_wrong = json!({ "title": "New", "max_clicks": 0 });
    app.edit(id, &partly_wrong).await.refuses("max_clicks", "invalid_field");
    // The other date is the one that the link already has.
    let backwards = [
        json!({ "expires_at": "2025-12-31T00:00:00Z" }),
        json!({ "expires_at": "2026-01-01T00:00:00Z" }),
        json!({ "valid_from": "2027-01-01T00:00:00Z", "title": "New" }),
    ];
    for dates in backwards {
        app.edit(id, &dates).await.refuses("expires_at", "invalid_field");
    }
    assert_eq!(app.link(id).await.ok(200), before);
}

#[tokio::test]
async fn only_two_statuses_can_be_set() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    for word in ["expired", "exhausted", "scheduled", "blocked", "Active", ""] {
        app.edit(id, &json!({ "status": word })).await.refuses("status", "invalid_field");
    }
    assert_eq!(app.edit(id, &json!({ "status": "disabled" })).await.ok(200)["status"], "disabled");
    let again = app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    assert_eq!(again["revision"], 2);
    assert_eq!(app.edit(id, &json!({ "status": "active" })).await.ok(200)["status"], "active");
}

#[tokio::test]
async fn if_match_lets_only_the_shown_revision_be_edited() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let etag = app.link(id).await.header("etag").to_owned();
    let title = |title: &str| app.edit(id, &json!({ "title": title }));

    title("First").header("if-match", &etag).await.ok(200);
    title("Second").header("if-match", &etag).await.problem(412, "precondition_failed");
    for foreign in ["\"1\"", "\"99\"", "2", "W/\"2\"", "\"abc\"", "\"-1\"", "\"\"", ""] {
        let answer = title("Second").header("if-match", foreign).await;
        answer.problem(412, "precondition_failed");
    }
    assert_eq!(app.link(id).await.ok(200)["title"], "First");
    title("Second").header("if-match", "\"2\"").await.ok(200);
    let any = title("Third").header("if-match", "*").await;
    assert_eq!(any.ok(200)["revision"], 4);
}

#[tokio::test]
async fn if_match_protects_from_deleting_too() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    app.edit(id, &json!({ "title": "New" })).await.ok(200);
    let stale = app.delete(id).header("if-match", "\"1\"").await;
    stale.problem(412, "precondition_failed");
    app.link(id).await.ok(200);
    assert_eq!(app.delete(id).header("if-match", "\"2\"").await.status, 204);
}

#[tokio::test]
async fn if_match_takes_several_revisions() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let title = |title: &str| app.edit(id, &json!({ "title": title }));
    title("First").header("if-match", "\"7\", \"1\"").await.ok(200);
    title("Second").header("if-match", "\"1\",\"7\"").await.problem(412, "precondition_failed");
    title("Second").header("if-match", "\"1\", W/\"2\"").await.problem(412, "precondition_failed");
    assert_eq!(app.delete(id).header("if-match", "\"1\", \"2\"").await.status, 204);
}

#[tokio::test]
async fn if_match_protects_from_restoring_too() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    assert_eq!(app.delete(id).await.status, 204);
    for stale in ["\"1\"", "\"3\"", "nonsense"] {
        let refused = app.restore(id).header("if-match", stale).await;
        refused.problem(412, "precondition_failed");
    }
    app.link(id).await.problem(404, "not_found");
    assert_eq!(app.restore(id).header("if-match", "\"2\"").await.ok(200)["revision"], 3);
    // Restored already, but not at this revision.
    app.restore(id).header("if-match", "\"2\"").await.problem(412, "precondition_failed");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_comes_before_its_condition() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    for condition in ["\"7\"", "nonsense"] {
        let wrong = app.edit(id, &json!({ "max_clicks": 0 })).header("if-match", condition).await;
        wrong.refuses("max_clicks", "invalid_field");
        app.edit(id + 1, &json!({})).header("if-match", condition).await.problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_edits_of_one_revision_one_succeeds() {
    const EDITORS: usize = 50;
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let mut editors = JoinSet::new();
    for number in 0..EDITORS {
        let edit = app.edit(id, &json!({ "title": format!("Editor {number}") }));
        editors.spawn(edit.header("if-match", "\"1\"").into_future());
    }
    let answers = editors.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.problem(412, "precondition_failed");
    }
    assert_eq!(app.link(id).await.ok(200), won[0].json());
    assert_eq!(app.history(id, "").await.ok(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn edits_without_if_match_follow_each_other() {
    const EDITORS: usize = 50;
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let mut editors = JoinSet::new();
    for number in 0..EDITORS {
        let edit = app.edit(id, &json!({ "title": format!("Editor {number}") }));
        editors.spawn(edit.into_future());
    }
    let mut revisions: Vec<u64> = Vec::new();
    for answer in editors.join_all().await {
        revisions.push(answer.ok(200)["revision"].as_u64().unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (2..2 + EDITORS as u64).collect::<Vec<_>>());
}
