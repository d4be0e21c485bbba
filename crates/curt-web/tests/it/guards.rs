//! The guarding headers, on answers of every kind.

use std::time::Duration;

use curt_cache::{Limit, LimitSettings};
use serde_json::json;

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp},
};

const TARGET: &str = "https://example.com/";

#[track_caller]
fn is_guarded(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    if answer.status.is_redirection() {
        return;
    }
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn security_headers_are_on_every_answer() {
    let unknown_code = Limit::new(2, Duration::from_mins(1));
    let limits = LimitSettings { unknown_code, ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    app.shorten("bad", "https://evil.example/", json!({})).await;
    let pattern = json!({ "pattern": "evil.example" });
    app.ask("POST", "/api/v1/admin/target-blocks").key(ADMIN_KEY).json(&pattern).await.ok(201);
    let network = json!({ "network": "198.51.100.7" });
    app.ask("POST", "/api/v1/admin/ip-blocks").key(ADMIN_KEY).json(&network).await.ok(201);

    is_guarded(&app.ask_from("198.51.100.7", "GET", "/bad").by_browser().await, 403);
    is_guarded(&app.visit("/bad").await, 451);
    for status in [404, 404, 429] {
        is_guarded(&app.visit("/nothing").await, status);
    }
    for path in ["/", "/docs", "/-/report", "/api/v1/health", "/robots.txt", "/openapi.json"] {
        is_guarded(&app.visit(path).await, 200);
    }
    let document = app.visit("/openapi.json").await;
    let tag = document.header("etag");
    let same = app.visit("/openapi.json").header("if-none-match", tag).await;
    is_guarded(&same, 304);
    // A cached page keeps its own policy.
    assert_eq!(same.find("content-security-policy"), None);
    app.store.close().await;
    is_guarded(&app.visit("/unheard").await, 503);
}

#[tokio::test]
async fn redirects_leave_the_referrer_to_the_target_and_are_the_same_from_memory() {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, json!({})).await;
    let ended = json!({ "expires_at": "2026-01-01T00:00:00Z", "fallback_url": TARGET });
    app.shorten("ended", TARGET, ended).await;
    for path in ["/link", "/link", "/ended"] {
        let answer = app.visit(path).await;
        answer.leads_to(302, TARGET);
        let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        let expected = ["cache-control", "location", "strict-transport-security", "x-request-id"];
        assert_eq!(names, expected, "{path}");
    }
}

#[tokio::test]
async fn a_server_without_https_does_not_ask_for_it() {
    let app = TestApp::with(|settings| settings.public_url = "http://sho.rt").await;
    let answer = app.visit("/docs").await;
    assert_eq!(answer.find("strict-transport-security"), None);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}
