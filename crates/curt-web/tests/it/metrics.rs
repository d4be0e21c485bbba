//! Metrics: what is counted, and that no visitor can make their number grow.

use std::time::Duration;

use serde_json::json;

use crate::app::TestApp;

const TARGET: &str = "https://example.com/";

fn series(metrics: &str) -> usize {
    metrics.lines().filter(|line| !line.starts_with('#')).count()
}

/// One request of every kind that the flood below sends.
async fn send_one_of_each(app: &TestApp, mark: &str) {
    let paths = [
        format!("/{mark}"),
        format!("/{mark}+"),
        format!("/{mark}/"),
        format!("/{mark}/{mark}"),
        format!("/api/v1/{mark}"),
        format!("/api/v1/urls/{mark}"),
        format!("/link?{mark}={mark}"),
        format!("/api/v1/urls?{mark}=1"),
    ];
    for path in &paths {
        app.visit(path).header("user-agent", mark).await;
        app.ask("POST", path).key(crate::app::ADMIN_KEY).await;
        app.ask(mark, path).await;
    }
}

#[tokio::test]
async fn a_thousand_random_paths_and_codes_make_no_new_series() {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, json!({})).await;
    for mark in ["first", "second"] {
        send_one_of_each(&app, mark).await;
    }
    let before = series(&app.metrics());
    for number in 0..1_000 {
        send_one_of_each(&app, &format!("X{number}X")).await;
    }
    let metrics = app.metrics();
    assert_eq!(series(&metrics), before);
    assert!(!metrics.contains("X7X"));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "redirect_status": 308 })).await;
    app.shorten("other", TARGET, json!({})).await;
    for _ in 0..3 {
        app.visit("/link").await.leads_to(308, TARGET);
        app.visit("/other").await.leads_to(302, TARGET);
    }
    app.link(id).await.ok(200);
    app.link(id + 9).await.problem(404, "not_found");
    app.links("").without("authorization").await.problem(401, "unauthenticated");
    app.ask("GET", "/a/b").await.problem(404, "not_found");
    app.ask("POST", "/link").await.problem(405, "method_not_allowed");

    let requests = [
        ("/{code}", 308, 3),
        ("/{code}", 302, 3),
        ("/{code}", 405, 1),
        ("/api/v1/urls", 201, 2),
        ("/api/v1/urls", 401, 1),
        ("/api/v1/urls/{id}", 200, 1),
        ("/api/v1/urls/{id}", 404, 1),
        ("none", 404, 1),
    ];
    for (route, status, count) in requests {
        let series = format!("http_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        assert_eq!(app.metric(&series), count, "{series}");
    }
    let redirects = "http_request_duration_seconds_count{route=\"/{code}\"}";
    assert_eq!(app.metric(redirects), 7);
}

#[tokio::test]
async fn visits_are_counted_by_outcome_and_by_where_the_link_was() {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, json!({})).await;
    let fallback = json!({ "expires_at": "2026-01-01T00:00:00Z", "fallback_url": TARGET });
    app.shorten("fallback", TARGET, fallback).await;
    app.shorten("expired", TARGET, json!({ "expires_at": "2026-01-01T00:00:00Z" })).await;
    app.shorten("once", TARGET, json!({ "max_clicks": 1 })).await;
    for path in ["/link", "/link", "/link", "/none", "/none", "/fallback", "/expired", "/link+"] {
        app.visit(path).await;
    }
    app.visit("/once").header("sec-purpose", "prefetch").await;
    app.visit("/once").header("user-agent", "curl/8.5").await;
    app.visit("/once").await.leads_to(302, TARGET);
    app.visit("/once").await;
    app.store.close().await;
    app.visit("/cold").await;
    app.clock.advance(Duration::from_hours(1));
    app.visit("/link").await.leads_to(302, TARGET);

    let visits = [
        ("followed", "store", 1),
        ("followed", "memory", 3),
        ("followed", "stale", 1),
        ("not_found", "store", 1),
        ("not_found", "memory", 1),
        ("fallback", "store", 1),
        ("expired", "store", 1),
        ("preview_page", "memory", 1),
        ("prefetch", "store", 1),
        ("limited_page", "memory", 1),
        ("exhausted", "memory", 1),
        ("failed", "store", 1),
    ];
    for (outcome, tier, count) in visits {
        let series = format!("redirects_total{{outcome=\"{outcome}\",tier=\"{tier}\"}}");
        assert_eq!(app.metric(&series), count, "{series}");
    }
}
