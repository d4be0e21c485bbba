//! Codes that users choose: which are allowed, and who gets one that several want.

use std::time::Duration;

use curt_domain::{Caller, Dates, Link, LinkId, RedirectStatus, TargetRules, TargetUrl};
use serde_json::json;
use tokio::task::JoinSet;

use crate::app::{START, TestApp};

const TARGET: &str = "https://example.com/";

async fn assert_refused(app: &TestApp, aliases: &[&str], code: &str) {
    for alias in aliases {
        let body = json!({ "custom_alias": alias, "original_url": TARGET });
        app.create(&body).await.refuses("custom_alias", code);
    }
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn slug_01_refuses_words_of_our_own_pages() {
    let app = TestApp::start().await;
    let reserved = [
        "api",
        "admin",
        "login",
        "logout",
        "assets",
        "static",
        "health",
        "healthz",
        "readyz",
        "metrics",
        "p",
        "qr",
        "docs",
        "register",
        "preview",
        "report",
        "dashboard",
        "settings",
        "-",
        "Admin",
        "LOGIN",
        "hEaLtHz",
        "Api",
    ];
    assert_refused(&app, &reserved, "reserved_code").await;
    let no_codes = [
        "robots.txt",
        "favicon.ico",
        "sitemap.xml",
        ".well-known",
        "openapi.json",
        "admin.",
        "ａｄｍｉｎ",
        "аdmin",
        "admin\u{200b}",
    ];
    assert_refused(&app, &no_codes, "invalid_code").await;
}

#[tokio::test]
async fn slug_01_reserved_words_never_reach_the_links() {
    let app = TestApp::start().await;
    // Links that an earlier release may have left, before these words were reserved.
    for (id, code) in (1..).zip(["admin", "ADMIN", "login", "qr", "-", "free"]) {
        app.store.create_link(&Caller::SYSTEM, bare_link(id, code), None).await.unwrap();
    }
    app.visit("/free").await.leads_to(302, TARGET);
    for path in ["/admin", "/ADMIN", "/login/", "/qr+", "/-"] {
        app.ask("GET", path).await.problem(404, "not_found");
    }
    app.ask("POST", "/admin").await.problem(404, "not_found");
}

/// A link with only a code and a target, as the store takes it.
fn bare_link(id: u64, code: &str) -> Link {
    let created_at = START.parse().unwrap();
    Link {
        id: LinkId::new(id).unwrap(),
        code: code.parse().unwrap(),
        owner: None,
        target: TargetUrl::parse(TARGET, &TargetRules::new([])).unwrap(),
        title: None,
        note: None,
        tags: Vec::new(),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled_at: None,
        deleted_at: None,
        revision: 1,
        created_at,
        updated_at: created_at,
    }
}

#[tokio::test]
async fn slug_02_refuses_what_is_no_code() {
    let app = TestApp::start().await;
    let too_long = "a".repeat(65);
    let aliases = [
        "",
        " ",
        "..",
        ".",
        "%2e%2e",
        "..%2fapi%2fx",
        "api/x",
        "api%2fx",
        "a\0b",
        "a%00b",
        "a\r\nX: 1",
        "\\evil",
        "%5cevil",
        "\u{202e}abc",
        "a;b",
        "a b",
        "a+",
        "é",
        "a/",
        &too_long,
    ];
    assert_refused(&app, &aliases, "invalid_code").await;
    let longest = "a".repeat(64);
    app.shorten(&longest, TARGET, json!({})).await;
    app.visit(&format!("/{longest}")).await.leads_to(302, TARGET);
}

#[tokio::test]
async fn slug_02_encoded_paths_name_no_link() {
    let app = TestApp::start().await;
    app.shorten("abc", TARGET, json!({})).await;
    let too_long = format!("/{}", "a".repeat(65));
    let paths = [
        "/..",
        "/.",
        "/%2e%2e",
        "/..%2fapi%2fv1%2furls",
        "/api%2fv1%2furls",
        "/a%00b",
        "/a%0d%0aX:1",
        "/%5cevil",
        "/%E2%80%AE",
        "/%ff",
        "/a;b",
        "/%61bc",
        "/abc%2b",
        "/abc%2f",
        "//abc",
        "/abc//",
        "/abc/+",
        "/abc++",
        &too_long,
    ];
    let nothing_here = app.visit("/none").await;
    for path in paths {
        app.ask("GET", path).await.problem(404, "not_found");
        let page = app.visit(path).await;
        assert_eq!((page.status.as_u16(), page.body), (404, nothing_here.body.clone()), "{path}");
    }
}

#[tokio::test]
async fn slug_03_case_matters() {
    let app = TestApp::start().await;
    app.shorten("Foo", "https://upper.example/", json!({})).await;
    app.ask("GET", "/foo").await.problem(404, "not_found");
    app.shorten("foo", "https://lower.example/", json!({})).await;
    app.visit("/Foo").await.leads_to(302, "https://upper.example/");
    app.visit("/foo").await.leads_to(302, "https://lower.example/");
}

#[tokio::test]
async fn slug_05_the_code_of_a_deleted_link_stays_taken() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let id = app.shorten("printed", TARGET, json!({})).await;
    assert_eq!(app.delete(id).await.status, 204);

    let hijack = json!({ "custom_alias": "printed", "original_url": "https://evil.example/" });
    let problem = app.create(&hijack).await.problem(409, "code_taken");
    assert_eq!(problem["detail"], "the code \"printed\" is taken");

    app.clock.advance(Duration::from_hours(24 * 365));
    assert_eq!(app.store.erase_deleted(app.clock.now(), 10).await.unwrap(), 1);
    app.create(&hijack).await.problem(409, "code_taken");
    let stranger = app.ask("POST", "/api/v1/urls").json(&hijack).await;
    stranger.problem(409, "code_taken");
    app.ask("GET", "/printed").await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn race_01_of_100_who_want_one_alias_one_gets_it() {
    const RIVALS: usize = 100;
    let app = TestApp::start().await;
    let mut rivals = JoinSet::new();
    for number in 0..RIVALS {
        let target = format!("https://rival-{number}.example/");
        let body = json!({ "custom_alias": "wanted", "original_url": target });
        let ask = app.create(&body);
        rivals.spawn(async move { (target, ask.await) });
    }
    let (mut winners, mut losers) = (Vec::new(), 0);
    for (target, answer) in rivals.join_all().await {
        if answer.status == 201 {
            winners.push(target);
        } else {
            answer.problem(409, "code_taken");
            losers += 1;
        }
    }
    assert_eq!((winners.len(), losers), (1, RIVALS - 1));
    assert_eq!(app.link_count().await, 1);
    app.visit("/wanted").await.leads_to(302, &winners[0]);
}
