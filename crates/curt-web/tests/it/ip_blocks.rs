//! Blocked clients: blocked by hand for everything, automatically for what they overused.

use std::time::Duration;

use curt_cache::{Limit, LimitSettings};
use curt_web::HttpSettings;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
};

const PATH: &str = "/api/v1/admin/ip-blocks";
const CLIENT: &str = "203.0.113.7";
const NEIGHBOUR: &str = "203.0.114.7";

fn block(app: &TestApp, body: &Value) -> Ask {
    app.ask("POST", PATH).key(ADMIN_KEY).json(body)
}

fn lift(app: &TestApp, id: &Value) -> Ask {
    app.ask("DELETE", &format!("{PATH}/{id}")).key(ADMIN_KEY)
}

async fn networks(app: &TestApp) -> Vec<String> {
    let list = app.ask("GET", PATH).key(ADMIN_KEY).await.ok(200);
    let network = |block: &Value| block["network"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(network).collect()
}

/// A server with one link.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.shorten("known", "https://example.com/", json!({})).await;
    app
}

fn follow(app: &TestApp, client: &str) -> Ask {
    app.ask_from(client, "GET", "/known")
}

#[tokio::test]
async fn a_blocked_network_gets_nothing_and_all_others_what_they_got() {
    let app = start().await;
    follow(&app, CLIENT).await.leads_to(302, "https://example.com/");
    let body = json!({ "network": "203.0.113.0/24", "reason": "scans" });
    let blocked = block(&app, &body).await.ok(201);
    assert_eq!(blocked["network"], "203.0.113.0/24");
    assert_eq!(blocked["kind"], "manual");
    assert_eq!(blocked["created_by"], Value::Null);

    // The link is in memory: the hot path checks blocks too.
    follow(&app, CLIENT).await.problem(403, "client_blocked");
    follow(&app, &format!("::ffff:{CLIENT}")).await.problem(403, "client_blocked");
    let page = follow(&app, CLIENT).by_browser().await;
    assert_eq!((page.status.as_u16(), page.find("location")), (403, None));
    assert!(page.page().contains("refused"), "{page:?}");
    let refused = "redirects_total{outcome=\"refused\",tier=\"memory\"}";
    assert_eq!(app.metric(refused), 3);
    for path in ["/nothing", "/known+", "/", "/docs", "/api/v1/urls", "/api/v1/nothing"] {
        let answer = app.ask_from(CLIENT, "GET", path).key(ADMIN_KEY).unchecked().await;
        answer.problem(403, "client_blocked");
    }
    for path in ["/healthz", "/readyz", "/api/v1/health"] {
        assert_eq!(app.ask_from(CLIENT, "GET", path).await.status, 200, "{path}");
    }
    follow(&app, NEIGHBOUR).await.leads_to(302, "https://example.com/");

    assert_eq!(lift(&app, &blocked["id"]).await.status, 204);
    follow(&app, CLIENT).await.leads_to(302, "https://example.com/");
    lift(&app, &blocked["id"]).await.problem(404, "not_found");
    lift(&app, &json!("x")).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_block_ends_by_itself() {
    let app = start().await;
    let until = json!({ "network": CLIENT, "until": "2026-01-31T13:00:00+00:00" });
    assert_eq!(block(&app, &until).await.ok(201)["until"], "2026-01-31T13:00:00.000Z");
    app.clock.advance(Duration::from_mins(59));
    follow(&app, CLIENT).await.problem(403, "client_blocked");
    assert_eq!(networks(&app).await, [CLIENT]);
    app.clock.advance(Duration::from_mins(1));
    follow(&app, CLIENT).await.leads_to(302, "https://example.com/");
    assert_eq!(networks(&app).await, [""; 0]);
}

#[tokio::test]
async fn nobody_shuts_out_the_server_or_themselves_by_mistake() {
    let app = start().await;
    for network in ["127.0.0.1", "0.0.0.0/0", "::1", "::/0", "127.0.0.0/8"] {
        block(&app, &json!({ "network": network })).await.refuses("network", "invalid_field");
    }
    let by = |force: bool| {
        let body = json!({ "network": "203.0.113.0/24", "force": force });
        app.ask_from(CLIENT, "POST", PATH).key(ADMIN_KEY).json(&body)
    };
    by(false).await.refuses("network", "invalid_field");
    assert_eq!(networks(&app).await, [""; 0]);
    by(true).await.ok(201);
    by(true).await.problem(403, "client_blocked");
}

#[tokio::test]
async fn what_is_no_block_is_refused_field_by_field() {
    let app = TestApp::start().await;
    for network in ["", "example.com", "203.0.113.0/33", "203.0.113"] {
        block(&app, &json!({ "network": network })).await.refuses("network", "invalid_field");
    }
    let with = |field: &str, value: Value| {
        let mut body = json!({ "network": CLIENT });
        body[field] = value;
        block(&app, &body)
    };
    with("reason", json!("x".repeat(201))).await.refuses("reason", "invalid_field");
    with("reason", json!("a\nb")).await.refuses("reason", "invalid_field");
    with("until", json!("2026-01-31T12:00:00Z")).await.refuses("until", "invalid_field");
    with("until", json!("tomorrow")).await.refuses("until", "invalid_field");
    with("kind", json!("automatic")).await.refuses("kind", "unknown_field");
    let body = json!({ "network": CLIENT });
    app.ask("POST", PATH).json(&body).await.problem(401, "unauthenticated");
    app.ask("GET", PATH).await.problem(401, "unauthenticated");
    app.ask("DELETE", &format!("{PATH}/1")).await.problem(401, "unauthenticated");
    assert_eq!(networks(&app).await, [""; 0]);
}

#[tokio::test]
async fn blocks_are_listed_in_pages_and_a_network_is_in_them_once() {
    let app = TestApp::start().await;
    for number in [1, 2, 3, 2] {
        let body = json!({ "network": format!("203.0.113.{number}"), "reason": "again" });
        block(&app, &body).await.ok(201);
    }
    assert_eq!(networks(&app).await, ["203.0.113.3", "203.0.113.2", "203.0.113.1"]);
    let page = |query: &str| app.ask("GET", &format!("{PATH}?{query}")).key(ADMIN_KEY);
    let first = page("limit=2").await.ok(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = page(&format!("limit=2&cursor={cursor}")).await.ok(200);
    assert_eq!(last["items"][0]["network"], "203.0.113.1");
    assert_eq!(last["next_cursor"], Value::Null);
    page("cursor=x").await.refuses("cursor", "invalid_field");
    page("limit=0").await.refuses("limit", "invalid_field");
}

#[tokio::test]
async fn another_node_enforces_what_it_is_told_of() {
    let app = start().await;
    let neighbour = app.neighbour().await;
    block(&app, &json!({ "network": CLIENT })).await.ok(201);
    neighbour.ip_blocks.reload().await.unwrap();
    follow(&neighbour, CLIENT).await.problem(403, "client_blocked");
    follow(&neighbour, NEIGHBOUR).await.leads_to(302, "https://example.com/");
}

/// Two unknown codes a minute, and after three more refusals a block for an hour.
async fn with_automatic_blocks() -> TestApp {
    let per_minute = |count| Limit::new(count, Duration::from_mins(1));
    let limits = LimitSettings {
        unknown_code: per_minute(2),
        block_after: per_minute(3),
        block_for: Duration::from_hours(1),
        ..LimitSettings::OFF
    };
    let app = TestApp::with(|settings| {
        settings.limits = limits;
        settings.http = HttpSettings {
            trusted_proxies: "198.51.100.1".parse().unwrap(),
            ..HttpSettings::default()
        };
    });
    let app = app.await;
    app.shorten("known", "https://example.com/", json!({})).await;
    app
}

/// The statuses of `count` tries by this client; then writes the automatic blocks.
async fn tries(app: &TestApp, client: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(app.ask_from(client, "GET", "/unknown").await.status.as_u16());
    }
    app.automatic_blocks.write().await;
    statuses
}

#[track_caller]
fn waits(answer: &Answer, seconds: &str) {
    answer.problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), seconds);
}

#[tokio::test]
async fn who_goes_on_after_many_refusals_is_blocked_for_a_while_but_follows_links() {
    let app = with_automatic_blocks().await;
    assert_eq!(tries(&app, CLIENT, 5).await, [404, 404, 429, 429, 429]);
    assert_eq!(networks(&app).await, [""; 0]);
    assert_eq!(tries(&app, CLIENT, 1).await, [429]);
    let list = app.ask("GET", PATH).key(ADMIN_KEY).await.ok(200);
    assert_eq!(list["items"][0]["network"], CLIENT);
    assert_eq!(list["items"][0]["kind"], "automatic");
    assert_eq!(list["items"][0]["until"], "2026-01-31T13:00:00.000Z");
    let refused = app.ask_from(CLIENT, "GET", "/api/v1/nothing").await.problem(429, "rate_limited");
    let kind = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected";
    assert_eq!((refused["type"].as_str(), refused.get("violated-policies")), (Some(kind), None));

    app.clock.advance(Duration::from_mins(10));
    waits(&app.ask_from(CLIENT, "GET", "/unknown").await, "3000");
    waits(&app.ask_from(CLIENT, "GET", "/api/v1/urls").await, "3000");
    waits(&app.ask_from(CLIENT, "GET", "/api/v1/urls").key(ADMIN_KEY).await, "3000");
    follow(&app, CLIENT).await.leads_to(302, "https://example.com/");
    app.ask_from(NEIGHBOUR, "GET", "/unknown").await.problem(404, "not_found");

    app.clock.advance(Duration::from_mins(50));
    app.ask_from(CLIENT, "GET", "/unknown").await.problem(404, "not_found");
}

/// Two unknown codes a minute and `block_after` refusals, with this much memory.
async fn with_little_memory(block_after: u32, bytes_max: usize) -> TestApp {
    let limits = LimitSettings {
        unknown_code: Limit::new(2, Duration::from_mins(1)),
        block_after: Limit::new(block_after, Duration::from_mins(1)),
        bytes_max,
        ..LimitSettings::OFF
    };
    TestApp::with(|settings| settings.limits = limits).await
}

#[tokio::test]
async fn b3_nobody_is_blocked_for_what_neighbours_did_while_memory_was_short() {
    // No client has its own bucket: neighbours use up the codes of all.
    let app = with_little_memory(3, 0).await;
    assert!(tries(&app, CLIENT, 20).await.ends_with(&[429; 18]));
    assert_eq!(tries(&app, NEIGHBOUR, 20).await, [429; 20]);
    assert_eq!(networks(&app).await, [""; 0]);
    // Some have a bucket for codes, but none has one for 10 000 refusals, which takes 40 kB.
    let app = with_little_memory(10_000, 1 << 20).await;
    tries(&app, CLIENT, 10_010).await;
    assert_eq!(tries(&app, NEIGHBOUR, 5).await, [404, 404, 429, 429, 429]);
    assert_eq!(networks(&app).await, [""; 0]);
}

#[tokio::test]
async fn an_automatic_block_can_be_lifted() {
    let app = with_automatic_blocks().await;
    tries(&app, "2001:db8:1:2::7", 6).await;
    let list = app.ask("GET", PATH).key(ADMIN_KEY).await.ok(200);
    assert_eq!(list["items"][0]["network"], "2001:db8:1:2::/64");
    waits(&app.ask_from("2001:db8:1:2::8", "GET", "/api/v1/urls").await, "3600");
    assert_eq!(lift(&app, &list["items"][0]["id"]).await.status, 204);
    app.ask_from("2001:db8:1:2::8", "GET", "/api/v1/urls").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn proxies_and_the_machine_itself_are_limited_but_never_blocked() {
    let app = with_automatic_blocks().await;
    for client in ["127.0.0.1", "::1", "198.51.100.1"] {
        let statuses = tries(&app, client, 20).await;
        assert_eq!(statuses.iter().filter(|&&status| status == 429).count(), 18, "{client}");
    }
    assert_eq!(networks(&app).await, [""; 0]);
}
