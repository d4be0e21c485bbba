//! What visitors of a link get: the same from the database as from memory.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{answer::Answer, app::TestApp};

const TARGET: &str = "https://example.com/a?b=c#d";

/// The answer from the database and the one from memory, which must not differ.
async fn visit(app: &TestApp, path: &str) -> Answer {
    let loaded = app.visit(path).await;
    let remembered = app.visit(path).await;
    assert_eq!(loaded.status, remembered.status, "{path}");
    assert_eq!(loaded.lasting_headers(), remembered.lasting_headers(), "{path}");
    assert_eq!(loaded.body, remembered.body, "{path}");
    remembered
}

async fn link(more: Value) -> TestApp {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, more).await;
    app
}

#[tokio::test]
async fn a_redirect_is_302_and_kept_by_nobody() {
    let app = link(json!({})).await;
    let answer = visit(&app, "/link").await;
    answer.leads_to(302, TARGET);
    assert_eq!(answer.header("cache-control"), "no-store");
    // No header that sets something, names us, or tells the target where the visitor came from.
    let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = ["cache-control", "location", "strict-transport-security", "x-request-id"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn every_status_that_a_link_can_have_is_answered() {
    for status in [301, 302, 307, 308] {
        let app = link(json!({ "redirect_status": status })).await;
        visit(&app, "/link").await.leads_to(status, TARGET);
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = link(json!({})).await;
    for _ in 0..2 {
        let head = app.ask("HEAD", "/link").by_browser().await;
        let get = app.visit("/link").await;
        head.leads_to(302, TARGET);
        // For GET, hyper adds the header by itself.
        assert_eq!(head.header("content-length"), "0");
        let mut of_head = head.lasting_headers();
        of_head.remove("content-length");
        assert_eq!(of_head, get.lasting_headers());
    }
    for path in ["/none", "/link+", "/", "/no/path"] {
        let head = app.ask("HEAD", path).by_browser().await;
        let get = app.visit(path).await;
        assert_eq!(head.status, get.status, "{path}");
        for name in get.lasting_headers().keys() {
            assert_eq!(head.header(name.as_str()), get.header(name.as_str()), "{path}");
        }
    }
}

#[tokio::test]
async fn a_trailing_slash_does_not_matter() {
    let app = link(json!({})).await;
    visit(&app, "/link/").await.leads_to(302, TARGET);
    visit(&app, "/link/?x=1").await.leads_to(302, TARGET);
    assert_eq!(visit(&app, "/link//").await.status, 404);
}

#[tokio::test]
async fn http_13_other_methods_are_told_which_work() {
    let app = link(json!({})).await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        // A POST to `/none` is a password for a link that does not exist, so it gets a 404.
        let missing = if method == "POST" { "/none+" } else { "/none" };
        for path in ["/link", "/link+", missing] {
            let answer = app.ask(method, path).await;
            answer.problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), "GET, HEAD");
        }
    }
}

#[tokio::test]
async fn redir_01_no_parameter_changes_the_target() {
    let app = link(json!({})).await;
    let forwarding = json!({ "forward_query": true });
    app.shorten("forwarding", "https://example.com/a?url=own#d", forwarding).await;
    for name in ["redir_url", "url", "next", "to", "target", "redirect_uri", "u", "original_url"] {
        let query = format!("{name}=https://evil.example");
        visit(&app, &format!("/link?{query}")).await.leads_to(302, TARGET);
        let answer = visit(&app, &format!("/forwarding?{query}")).await;
        let location = answer.header("location");
        assert!(location.starts_with("https://example.com/a?url=own"), "{location}");
        assert!(location.ends_with("#d"), "{location}");
        assert!(!location.contains("//evil.example"), "{location}");
    }
}

#[tokio::test]
async fn redir_03_forwarded_pairs_are_encoded_again() {
    let app = TestApp::start().await;
    app.shorten("link", "https://example.com/", json!({ "forward_query": true })).await;
    let forwarded = [
        ("utm=a%0d%0aX:1&__proto__=1", "utm=a%0D%0AX%3A1&__proto__=1"),
        ("a=%23frag&b=%26c%3Dd", "a=%23frag&b=%26c%3Dd"),
        ("a=%ff", "a=%EF%BF%BD"),
        ("a='%22%3Cb%3E", "a=%27%22%3Cb%3E"),
        ("flag&empty=", "flag&empty="),
    ];
    for (sent, expected) in forwarded {
        let answer = visit(&app, &format!("/link?{sent}")).await;
        answer.leads_to(302, &format!("https://example.com/?{expected}"));
    }
}

#[tokio::test]
async fn a_forwarded_query_goes_behind_the_targets_own() {
    let app = TestApp::start().await;
    let target = "https://example.com/?kept=1#there";
    app.shorten("link", target, json!({ "forward_query": true })).await;
    let forwarded = [
        ("", target.to_owned()),
        ("?", target.to_owned()),
        ("?kept=2", target.to_owned()),
        ("?k%65pt=2", target.to_owned()),
        ("?qr", target.to_owned()),
        ("?utm_source=x&qr=1&a=b", "https://example.com/?kept=1&utm_source=x&a=b#there".to_owned()),
        ("?a=1&a=2", "https://example.com/?kept=1&a=1&a=2#there".to_owned()),
    ];
    for (query, expected) in forwarded {
        visit(&app, &format!("/link{query}")).await.leads_to(302, &expected);
    }
    let long = format!("?fits=1&long={}", "x".repeat(2_048));
    let answer = visit(&app, &format!("/link{long}")).await;
    answer.leads_to(302, "https://example.com/?kept=1&fits=1#there");
}

#[tokio::test]
async fn a_scheduled_link_does_not_exist_yet() {
    let app = link(json!({ "valid_from": "2026-01-31T13:00:00Z" })).await;
    app.ask("GET", "/link").await.problem(404, "not_found");
    app.ask("GET", "/link+").await.problem(404, "not_found");
    app.clock.set("2026-01-31T12:59:59.999Z".parse().unwrap());
    app.ask("GET", "/link").await.problem(404, "not_found");
    app.clock.set("2026-01-31T13:00:00Z".parse().unwrap());
    visit(&app, "/link").await.leads_to(302, TARGET);
}

#[tokio::test]
async fn an_expired_link_is_gone() {
    let app = link(json!({ "expires_at": "2026-01-31T12:00:01Z" })).await;
    visit(&app, "/link").await.leads_to(302, TARGET);
    app.clock.advance(Duration::from_millis(999));
    visit(&app, "/link").await.leads_to(302, TARGET);
    app.clock.advance(Duration::from_millis(1));
    for path in ["/link", "/link+"] {
        app.ask("GET", path).await.problem(410, "link_gone");
        assert_eq!(visit(&app, path).await.status, 410);
    }
}

#[tokio::test]
async fn an_expired_link_leads_to_its_fallback() {
    let fallback = "https://example.com/over";
    let more = json!({
        "expires_at": "2026-01-31T12:00:01Z",
        "fallback_url": fallback,
        "redirect_status": 301,
        "forward_query": true,
    });
    let app = link(more).await;
    visit(&app, "/link").await.leads_to(301, TARGET);
    app.clock.advance(Duration::from_secs(1));
    // Never permanent and never with the query: it is not the link's own target.
    visit(&app, "/link?x=1").await.leads_to(302, fallback);
    app.ask("HEAD", "/link").await.leads_to(302, fallback);
    app.ask("GET", "/link+").await.problem(410, "link_gone");
}

#[tokio::test]
async fn enum_03_a_disabled_link_is_looked_up_as_seldom_as_none() {
    let app = link(json!({})).await;
    let id = app.links("").await.ok(200)["items"][0]["id"].as_u64().unwrap();
    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    let count =
        |tier| app.metric(&format!("redirects_total{{outcome=\"not_found\",tier=\"{tier}\"}}"));
    for (code, round) in [("link", 1), ("none", 2)] {
        for _ in 0..10 {
            app.ask("GET", &format!("/{code}")).await.problem(404, "not_found");
        }
        assert_eq!((count("store"), count("memory")), (round, 9 * round), "{code}");
    }
}

#[tokio::test]
async fn enum_03_a_disabled_link_looks_like_none() {
    let app = link(json!({ "fallback_url": "https://example.com/over" })).await;
    let id = app.links("").await.ok(200)["items"][0]["id"].as_u64().unwrap();
    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    for suffix in ["", "/", "+", "?x=1"] {
        for accept in ["text/html", "application/json"] {
            let ask = |code| app.visit(&format!("/{code}{suffix}")).header("accept", accept);
            let (disabled, unknown) = (ask("link").await, ask("none").await);
            assert_eq!(disabled.status, 404);
            assert_eq!(disabled.status, unknown.status);
            assert_eq!(disabled.lasting_headers(), unknown.lasting_headers());
            assert_eq!(disabled.body, unknown.body);
        }
    }
}

#[tokio::test]
async fn a_clock_that_steps_back_harms_nothing() {
    let app = link(json!({ "valid_from": "2026-01-31T11:00:00Z" })).await;
    app.visit("/link").await.leads_to(302, TARGET);
    app.clock.set("1970-01-01T00:00:00Z".parse().unwrap());
    app.ask("GET", "/link").await.problem(404, "not_found");
    app.clock.set("2026-01-31T12:00:00Z".parse().unwrap());
    app.visit("/link").await.leads_to(302, TARGET);
}
