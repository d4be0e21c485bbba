//! Reports of links, and how they are decided.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp, TestSettings},
    ask::Ask,
};

const TARGET: &str = "https://evil.example/secret?person=1";

fn report(app: &TestApp, address: &str, body: &Value) -> Ask {
    app.ask_from(address, "POST", "/api/v1/reports").json(body)
}

async fn reports(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/reports?{query}");
    let page = app.ask("GET", &path).key(ADMIN_KEY).await.ok(200);
    page["items"].as_array().unwrap().clone()
}

async fn decide(app: &TestApp, id: u64, what: &str) -> Answer {
    app.ask("POST", &format!("/api/v1/admin/reports/{id}/{what}")).key(ADMIN_KEY).await
}

async fn feed(app: &TestApp) -> Value {
    let answer = app.ask("GET", "/abuse/feed.json").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    answer.ok(200)["items"].clone()
}

fn spam() -> Value {
    json!({ "short_code": "bad", "reason": "spam" })
}

#[tokio::test]
async fn phish_03_a_report_is_taken_once_for_each_network_and_day() {
    let app = TestApp::start().await;
    app.shorten("bad", TARGET, json!({})).await;
    for address in ["203.0.113.7", "203.0.113.7", "203.0.113.8", "198.51.100.1"] {
        assert_eq!(report(&app, address, &spam()).await.ok(202), json!({ "received": true }));
    }
    let by_url = json!({ "url": "https://sho.rt/bad?x", "reason": "phishing", "note": "a\nb" });
    report(&app, "2001:db8::1", &by_url).await.ok(202);
    let open = reports(&app, "state=open").await;
    assert_eq!(open.len(), 3);
    assert_eq!((&open[0]["reason"], &open[0]["note"]), (&json!("phishing"), &json!("a\nb")));
    assert_eq!(open[0]["reporter"], "2001:db8::/48");
    assert_eq!(open[0]["original_url"], TARGET);
}

#[tokio::test]
async fn what_visitors_cannot_see_cannot_be_reported() {
    let app = TestApp::start().await;
    app.shorten("bad", TARGET, json!({ "status": "disabled" })).await;
    report(&app, "203.0.113.7", &spam()).await.problem(404, "not_found");
    let unknown = json!({ "short_code": "unknown", "reason": "spam" });
    report(&app, "203.0.113.7", &unknown).await.problem(404, "not_found");
    let elsewhere = json!({ "url": "https://other.example/bad", "reason": "spam" });
    report(&app, "203.0.113.7", &elsewhere).await.refuses("url", "invalid_field");
    let nothing = json!({ "reason": "spam" });
    report(&app, "203.0.113.7", &nothing).await.refuses("short_code", "invalid_field");
    let no_reason = json!({ "short_code": "bad", "reason": "hate" });
    report(&app, "203.0.113.7", &no_reason).await.refuses("reason", "invalid_field");
    assert_eq!(reports(&app, "").await.len(), 0);
}

#[tokio::test]
async fn a_link_that_is_disabled_for_abuse_answers_451_and_stands_in_the_feed() {
    let app = TestApp::start().await;
    let id = app.shorten("bad", TARGET, json!({})).await;
    app.visit("/bad").await.leads_to(302, TARGET);
    report(&app, "203.0.113.7", &spam()).await.ok(202);
    assert_eq!(feed(&app).await, json!([]));
    let decided = decide(&app, 1, "disable").await.ok(200);
    assert_eq!(decided["report"]["state"], "disabled");
    let page = app.visit("/bad").await;
    assert_eq!((page.status.as_u16(), page.find("location")), (451, None));
    app.ask("GET", "/bad+").await.problem(451, "link_blocked");
    assert_eq!(app.link(id).await.ok(200)["status"], "blocked");
    let blocked = app.links("status=blocked").await.ok(200);
    assert_eq!(blocked["items"].as_array().unwrap().len(), 1);
    let items = feed(&app).await;
    assert_eq!((&items[0]["host"], &items[0]["reason"]), (&json!("evil.example"), &json!("spam")));
    assert!(!items.to_string().contains("person"), "{items}");
    // The owner cannot switch it on again.
    app.edit(id, &json!({ "status": "active", "original_url": "https://a.example/" }))
        .await
        .ok(200);
    assert_eq!(app.visit("/bad").await.status, 451);
    decide(&app, 1, "enable").await.ok(200);
    app.visit("/bad").await.leads_to(302, "https://a.example/");
    assert_eq!(feed(&app).await, json!([]));
}

#[tokio::test]
async fn err_01_a_form_that_is_too_long_or_too_slow_is_told_so() {
    let impatient = |settings: &mut TestSettings| {
        settings.http.body_timeout = Duration::from_millis(1);
    };
    let app = TestApp::with(impatient).await;
    let form = "application/x-www-form-urlencoded";
    // With a declared length, and without; slightly too long, and longer than any request may be.
    for len in [(32 << 10) + 1, (64 << 10) + 1, 1 << 20] {
        let text = "a".repeat(len);
        let streamed = Body::from_stream(stream::iter([Ok::<_, Infallible>(text.clone())]));
        for body in [Body::from(text), streamed] {
            app.ask("POST", "/-/report").body(form, body).await.problem(413, "payload_too_large");
        }
    }
    let endless = || Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
    let late = app.ask("POST", "/-/report").body(form, endless()).await;
    late.problem(408, "request_timeout");
    assert_eq!(late.header("connection"), "close");
    for (body, status) in [(Body::from("a".repeat(40_000)), 413), (endless(), 408)] {
        let page = app.visit_with("POST", "/-/report").body(form, body).await;
        assert_eq!(page.status, status);
        assert!(page.text().contains("This did not arrive"), "{page:?}");
    }
}

#[tokio::test]
async fn b2_the_feed_is_made_once_a_minute_and_anew_when_this_node_decides() {
    let app = TestApp::start().await;
    let neighbour = app.neighbour().await;
    app.shorten("bad", TARGET, json!({})).await;
    report(&app, "203.0.113.7", &spam()).await.ok(202);
    assert_eq!(feed(&app).await, json!([]));
    // Decisions elsewhere appear when the minute is over; `max-age` says how much of it is left.
    decide(&neighbour, 1, "disable").await.ok(200);
    app.clock.advance(Duration::from_secs(59));
    let answer = app.ask("GET", "/abuse/feed.json").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=1");
    assert_eq!(answer.ok(200)["items"], json!([]));
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(feed(&app).await[0]["short_code"], "bad");
    decide(&app, 1, "enable").await.ok(200);
    assert_eq!(feed(&app).await, json!([]));
    // Until then no visitor causes a database read: the database is closed.
    app.store.close().await;
    assert_eq!(feed(&app).await, json!([]));
    app.clock.advance(Duration::from_mins(1));
    app.ask("GET", "/abuse/feed.json").await.problem(503, "unavailable");
}

#[tokio::test]
async fn blocking_the_host_of_a_report_blocks_all_links_that_lead_there() {
    let app = TestApp::start().await;
    app.shorten("bad", TARGET, json!({})).await;
    app.shorten("worse", "https://evil.example/", json!({})).await;
    report(&app, "203.0.113.7", &spam()).await.ok(202);
    let decided = decide(&app, 1, "block-host").await.ok(200);
    assert_eq!(decided["report"]["state"], "host_blocked");
    assert_eq!(decided["links"], json!({ "count": 2, "complete": true }));
    assert_eq!(app.visit("/worse").await.status, 451);
    let list = app.target_blocks("").await.ok(200);
    assert_eq!(
        (&list["items"][0]["pattern"], &list["items"][0]["source"]),
        (&json!("evil.example"), &json!("report"))
    );
}

#[tokio::test]
async fn dismissing_settles_all_reports_of_the_link() {
    let app = TestApp::start().await;
    app.shorten("bad", TARGET, json!({})).await;
    for address in ["203.0.113.7", "198.51.100.1"] {
        report(&app, address, &spam()).await.ok(202);
    }
    decide(&app, 1, "dismiss").await.ok(200);
    assert_eq!(reports(&app, "state=open").await.len(), 0);
    assert_eq!(reports(&app, "state=dismissed&limit=1").await.len(), 1);
    app.visit("/bad").await.leads_to(302, TARGET);
    decide(&app, 9, "dismiss").await.problem(404, "not_found");
    let path = "/api/v1/admin/reports";
    app.ask("GET", path).await.problem(401, "unauthenticated");
    app.ask("POST", &format!("{path}/1/disable")).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_form_works_without_a_script() {
    let app = TestApp::start().await;
    app.shorten("bad", TARGET, json!({})).await;
    let form = app.visit("/-/report?code=bad").await;
    assert_eq!(form.status, 200);
    assert!(form.header("content-security-policy").contains("form-action 'self'"), "{form:?}");
    assert!(form.text().contains("value=\"bad\""), "{form:?}");
    let odd = app.visit("/-/report?code=%22%3E%3Cscript%3E").await;
    assert!(!odd.text().contains("script"), "{odd:?}");
    let post_form = |body: &'static str| {
        app.visit_with("POST", "/-/report").body("application/x-www-form-urlencoded", body)
    };
    let sent = post_form("link=https%3A%2F%2Fsho.rt%2Fbad&reason=malware&note=").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    assert_eq!(reports(&app, "state=open").await[0]["reason"], "malware");
    let unknown = post_form("link=nothing&reason=malware").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    assert!(unknown.text().contains("There is no such link"), "{unknown:?}");
    let wrong = post_form("link=%3Cb%3E&reason=x").await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    assert!(!wrong.text().contains("<b>"), "{wrong:?}");
}

/// Otherwise a site's visitors would send reports that look independent.
#[tokio::test]
async fn csrf_01_other_sites_cannot_have_their_visitors_report_links() {
    let app = TestApp::start().await;
    app.shorten("link", "https://example.com/", json!({})).await;
    let report = |site: &str| {
        let form = "link=link&reason=phishing";
        let ask = app.ask("POST", "/-/report").by_browser().header("sec-fetch-site", site);
        ask.body("application/x-www-form-urlencoded", form)
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(report(site).await.status, 403, "{site}");
    }
    let list = || app.ask("GET", "/api/v1/admin/reports").key(ADMIN_KEY);
    assert_eq!(list().await.ok(200)["items"], json!([]));
    assert_eq!(report("same-origin").await.status, 202);
    assert_eq!(list().await.ok(200)["items"].as_array().unwrap().len(), 1);
}
