//! Pages for people, problems for programs, and where a deployment redirects visitors.

use std::time::Duration;

use curt_domain::TargetUrl;
use insta::assert_snapshot;
use serde_json::json;

use crate::app::TestApp;

const TARGET: &str = "https://example.com/";

fn url(text: &str) -> TargetUrl {
    TargetUrl::from_stored(text).unwrap()
}

#[tokio::test]
async fn people_get_a_page_and_programs_a_problem() {
    let app = TestApp::start().await;
    let people = [
        "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/xhtml+xml, text/html;q=0.5",
    ];
    for accept in people {
        let page = app.ask("GET", "/none").header("accept", accept).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (404, "text/html; charset=utf-8")
        );
    }
    for accept in ["*/*", "application/json", "application/problem+json", "text/plain", ""] {
        app.ask("GET", "/none").header("accept", accept).await.problem(404, "not_found");
    }
    app.ask("GET", "/none").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_api_answers_everybody_in_json() {
    let app = TestApp::start().await;
    for path in ["/api/v1/none", "/api/v1/urls/none", "/api/", "/api/v2/urls"] {
        let answer = app.visit(path).key(crate::app::ADMIN_KEY).await;
        answer.problem(404, "not_found");
    }
    app.visit("/api/v1/urls").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn every_page_says_what_happened() {
    let app = TestApp::start().await;
    app.shorten("expired", TARGET, json!({ "expires_at": "2026-01-31T12:00:01Z" })).await;
    app.shorten("once", TARGET, json!({ "max_clicks": 1 })).await;
    app.shorten("cold", TARGET, json!({})).await;
    assert_snapshot!("limited", app.visit("/once").header("user-agent", "curl/8.5").await.page());
    app.visit("/once").await.leads_to(302, TARGET);
    app.clock.advance(Duration::from_secs(1));
    assert_snapshot!("root", app.visit("/").await.page());
    assert_snapshot!("not_found", app.visit("/none").await.page());
    assert_snapshot!("expired", app.visit("/expired").await.page());
    assert_snapshot!("exhausted", app.visit("/once").await.page());
    app.store.close().await;
    let unavailable = app.visit("/cold").await;
    assert_eq!(unavailable.status, 503);
    assert_eq!(unavailable.header("retry-after"), "1");
    assert_snapshot!("unavailable", unavailable.page());
}

#[tokio::test]
async fn xss_02_the_path_is_not_echoed() {
    let app = TestApp::start().await;
    for path in ["/%3Cb%3Eboo%3C/b%3E", "/boo/boo", "/boo", "/boo%22onload=boo"] {
        for answer in [app.visit(path).await, app.ask("GET", path).await] {
            assert_eq!(answer.status, 404);
            assert!(!answer.text().contains("boo"), "{path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_root_is_a_page_or_a_line() {
    let app = TestApp::start().await;
    let line = app.ask("GET", "/").await;
    assert_eq!((line.status.as_u16(), line.text()), (200, "curt\n"));
    assert_eq!(app.visit("/?x=1").await.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_root_can_lead_elsewhere() {
    let elsewhere = "https://www.example.com/start";
    let app = TestApp::with(|settings| settings.pages.root_url = Some(url(elsewhere))).await;
    app.visit("/").await.leads_to(302, elsewhere);
    app.ask("HEAD", "/").await.leads_to(302, elsewhere);
    app.ask("GET", "/none").await.problem(404, "not_found");
}

#[tokio::test]
async fn people_who_are_lost_can_be_sent_elsewhere() {
    let elsewhere = "https://www.example.com/lost";
    let app = TestApp::with(|settings| settings.pages.not_found_url = Some(url(elsewhere))).await;
    app.shorten("expired", TARGET, json!({ "expires_at": "2026-01-01T00:00:00Z" })).await;
    for path in ["/none", "/none+", "/none/", "/no/such/path", "/admin"] {
        app.visit(path).await.leads_to(302, elsewhere);
        app.ask("GET", path).await.problem(404, "not_found");
    }
    // The redirect is only for missing links, and the API is for programs.
    assert_eq!(app.visit("/expired").await.status, 410);
    app.visit("/api/v1/none").await.problem(404, "not_found");
    assert_eq!(app.visit("/").await.status, 200);
}

#[tokio::test]
async fn crawlers_and_browsers_find_what_they_always_ask_for() {
    let app = TestApp::start().await;
    let robots = app.ask("GET", "/robots.txt").await;
    assert_eq!(robots.text(), "User-agent: *\nDisallow: /api/\nDisallow: /-/\n");
    assert_eq!(robots.header("content-type"), "text/plain; charset=utf-8");
    let favicon = app.ask("GET", "/favicon.ico").await;
    assert_eq!((favicon.status.as_u16(), favicon.header("cache-control")), (204, "max-age=86400"));
}

#[tokio::test]
async fn http_02_short_urls_come_from_the_configuration_alone() {
    let app = TestApp::start().await;
    let body = json!({ "original_url": TARGET, "custom_alias": "link" });
    let created = app.create(&body).header("x-forwarded-host", "evil.example").await;
    assert_eq!(created.ok(201)["short_url"], "https://sho.rt/link");
    let page = app.visit("/link+").header("x-forwarded-host", "evil.example").await;
    assert!(page.text().contains("https://sho.rt/link"));
    assert!(!page.text().contains("evil"));
}
