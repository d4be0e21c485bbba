//! Callers that ask too often are told so, and when to come back; others notice nothing.

use std::time::Duration;

use curt_cache::{Limit, LimitSettings};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, START, TestApp},
    ask::Ask,
    people::{PASSWORD, SAME_ORIGIN, cookie},
};

const CLIENT: &str = "192.0.2.1";
const ADA: &str = "ada@example.com";
const ME: &str = "/api/v1/auth/me";
const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

fn per_minute(count: u32) -> Option<Limit> {
    Limit::new(count, Duration::from_mins(1))
}

/// Anyone may create links, `count` a minute.
async fn open_to_anybody(count: u32) -> TestApp {
    let limits = LimitSettings { anonymous: per_minute(count), ..LimitSettings::OFF };
    let change = |settings: &mut crate::app::TestSettings| {
        settings.limits = limits;
        settings.links.anonymous_create = true;
    };
    TestApp::with(change).await
}

/// `count` unknown codes a minute, and one link that exists.
async fn with_unknown_codes(count: u32) -> TestApp {
    let limits = LimitSettings { unknown_code: per_minute(count), ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    app.shorten("known", "https://example.com/", json!({})).await;
    app
}

fn create(app: &TestApp, peer: &str) -> Ask {
    app.ask_from(peer, "POST", "/api/v1/urls")
        .json(&json!({ "original_url": "https://example.com/" }))
}

#[track_caller]
fn is_over(answer: &Answer, retry_after: &str) {
    answer.problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), retry_after);
}

#[tokio::test]
async fn rl_01_and_cache_08_answers_tell_what_is_left_and_when_to_come_back() {
    let app = open_to_anybody(3).await;
    for (remaining, wait) in [(2, 60), (1, 50), (0, 40)] {
        let created = create(&app, CLIENT).await;
        created.ok(201);
        assert_eq!(created.header("ratelimit-policy"), "\"anonymous\";q=3;w=60");
        let left = format!("\"anonymous\";r={remaining};t={wait}");
        assert_eq!(created.header("ratelimit"), left);
        app.clock.advance(Duration::from_secs(10));
    }
    let refused = create(&app, CLIENT).await;
    is_over(&refused, "30");
    let problem = refused.problem(429, "rate_limited");
    assert_eq!(problem["type"], QUOTA_EXCEEDED);
    assert_eq!(problem["violated-policies"], json!(["anonymous"]));
    assert_eq!(refused.header("ratelimit"), "\"anonymous\";r=0;t=30");
    assert_eq!(refused.header("ratelimit-policy"), "\"anonymous\";q=3;w=60");
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(app.metric("limits_refused_total{purpose=\"anonymous\"}"), 1);
    // Another client is not affected; and half a second too early is too early.
    create(&app, "192.0.2.2").await.ok(201);
    app.clock.advance(Duration::from_millis(29_500));
    is_over(&create(&app, CLIENT).await, "1");
    app.clock.advance(Duration::from_millis(500));
    create(&app, CLIENT).await.ok(201);
    assert_eq!(app.link_count().await, 5);
}

#[tokio::test]
async fn f11_setting_the_clock_neither_opens_a_limit_nor_locks_anybody_out() {
    let app = open_to_anybody(1).await;
    create(&app, CLIENT).await.ok(201);
    for elsewhere in ["2036-01-31T12:00:00Z", "2016-01-31T12:00:00Z", "1970-01-01T00:00:00Z"] {
        app.clock.set(elsewhere.parse().unwrap());
        is_over(&create(&app, CLIENT).await, "60");
    }
    app.clock.set(START.parse().unwrap());
    app.clock.advance(Duration::from_mins(1));
    create(&app, CLIENT).await.ok(201);
}

#[tokio::test]
async fn keys_that_prove_nothing_count_for_their_client_and_the_administrators_key_never() {
    let limits = LimitSettings { anonymous: per_minute(5), ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    let list = |key: &str| app.ask_from(CLIENT, "GET", "/api/v1/urls").key(key);
    for _ in 0..5 {
        list("a guess").await.problem(401, "unauthenticated");
    }
    is_over(&list("another guess").await, "60");
    for _ in 0..10 {
        let listed = list(ADMIN_KEY).await;
        listed.ok(200);
        assert_eq!(listed.find("ratelimit"), None);
    }
    is_over(&app.ask_from(CLIENT, "GET", "/api/v1/urls").await, "60");
    // Unknown paths and wrong methods are no way around the limit.
    is_over(&app.ask_from(CLIENT, "GET", "/api/v1/nothing").await, "60");
    is_over(&app.ask_from(CLIENT, "DELETE", "/api/v1/urls").await, "60");
    assert_eq!(app.ask_from(CLIENT, "GET", "/api/v1/health").await.status, 200);
    assert_eq!(app.ask_from(CLIENT, "GET", "/readyz").await.status, 200);
}

#[tokio::test]
async fn xff_01_what_a_client_says_about_itself_gives_it_no_second_limit() {
    let app = open_to_anybody(20).await;
    let mut refused = 0;
    for number in 0..1_000 {
        let claimed = format!("1.2.{}.{}", number / 250, number % 250);
        let answer = create(&app, CLIENT).header("x-forwarded-for", &claimed).await;
        refused += u32::from(answer.status == 429);
    }
    assert_eq!(refused, 980);
}

#[tokio::test]
async fn xff_05_an_ipv6_network_of_64_bits_is_one_client() {
    let app = open_to_anybody(2).await;
    create(&app, "2001:db8:1:2::1").await.ok(201);
    create(&app, "2001:db8:1:2:ffff::1").await.ok(201);
    is_over(&create(&app, "2001:db8:1:2::3").await, "60");
    create(&app, "2001:db8:1:3::1").await.ok(201);
}

#[tokio::test]
async fn enum_02_who_tries_a_thousand_codes_is_stopped_and_still_follows_links() {
    let app = with_unknown_codes(120).await;
    let visit =
        |number: u32, path: &str| app.ask_from(&format!("2001:db8:1:2::{number:x}"), "GET", path);
    let (mut missing, mut refused) = (0, 0);
    for number in 0..1_000 {
        let answer = visit(number, &format!("/try{number}")).await;
        missing += u32::from(answer.status == 404);
        refused += u32::from(answer.status == 429);
        if number % 100 == 0 {
            visit(number, "/known").await.leads_to(302, "https://example.com/");
        }
    }
    assert_eq!((missing, refused), (120, 880));
    let over = visit(1, "/another").await;
    is_over(&over, "60");
    assert_eq!(over.problem(429, "rate_limited")["violated-policies"], json!(["unknown_code"]));
    // RL-01: those are the API's; clients may wait before they follow a redirect with them.
    for answer in [over, visit(1, "/known").await] {
        assert_eq!((answer.find("ratelimit"), answer.find("ratelimit-policy")), (None, None));
    }
    // Other clients are not affected, and a minute later neither is this one.
    app.ask_from(CLIENT, "GET", "/another").await.problem(404, "not_found");
    app.clock.advance(Duration::from_mins(1));
    visit(1, "/another").await.problem(404, "not_found");
    let refused = "redirects_total{outcome=\"refused\",tier=\"store\"}";
    assert!(880 <= app.metric(refused) + app.metric(&refused.replace("store", "memory")));
}

#[tokio::test]
async fn enum_02_links_that_are_switched_off_count_as_those_that_never_were() {
    let app = with_unknown_codes(3).await;
    let id = app.shorten("off", "https://example.com/", json!({})).await;
    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    for path in ["/off", "/never", "/off+"] {
        app.ask_from(CLIENT, "GET", path).await.problem(404, "not_found");
    }
    for path in ["/off", "/never", "/never+"] {
        is_over(&app.ask_from(CLIENT, "GET", path).await, "60");
        let page = app.ask_from(CLIENT, "GET", path).by_browser().await;
        assert_eq!(page.status, 429);
        assert_eq!(page.header("retry-after"), "60");
        assert!(page.page().contains("Too many tries"), "{page:?}");
    }
    assert_eq!(app.ask_from(CLIENT, "HEAD", "/never").await.status, 429);
    app.ask_from(CLIENT, "GET", "/known").await.leads_to(302, "https://example.com/");
    app.ask_from(CLIENT, "GET", "/known+").await;
}

#[tokio::test]
async fn tries_to_log_in_register_and_report_have_limits_of_their_own() {
    let limits = LimitSettings {
        login: per_minute(2),
        registration: per_minute(1),
        report: per_minute(1),
        ..LimitSettings::OFF
    };
    let app = TestApp::with(|settings| {
        settings.limits = limits;
        settings.auth.registration = curt_web::Registration::Open;
    });
    let app = app.await;
    let post = |path: &str, body| app.ask_from(CLIENT, "POST", path).json(&body);
    let person = json!({ "email": "ann@example.com", "password": "gr8 walls of quartz" });
    let log_in = || post("/api/v1/auth/login", person.clone());
    log_in().await.problem(401, "unauthenticated");
    app.ask_from(CLIENT, "POST", "/api/v1/auth/session").json(&person).await;
    let refused = log_in().await;
    is_over(&refused, "60");
    assert_eq!(refused.header("ratelimit"), "\"login\";r=0;t=60");
    assert_eq!(refused.problem(429, "rate_limited")["violated-policies"], json!(["login"]));
    let register = || post("/api/v1/auth/register", person.clone());
    assert!(register().await.status.is_success());
    is_over(&register().await, "60");
    let report = || post("/api/v1/reports", json!({ "short_code": "none", "reason": "spam" }));
    report().await.problem(404, "not_found");
    is_over(&report().await, "60");
}

/// AUTH-05: a stolen session gets no more guesses than any client, right or wrong.
#[tokio::test]
async fn auth_05_whatever_looks_at_a_password_has_the_limit_of_logging_in() {
    let limits = LimitSettings { login: per_minute(3), ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    let ada = app.person(ADA).await;
    let wrong = json!("a wrong password");
    let guesses = [
        ("POST", "/api/v1/auth/password", json!({ "new_password": "five words nobody guesses" })),
        ("PATCH", "/api/v1/auth/me", json!({ "email": "eve@example.com" })),
        ("DELETE", ME, json!({})),
    ];
    let guess = |(method, path, body): &(&'static str, &'static str, Value)| {
        let mut body = body.clone();
        body["current_password"] = wrong.clone();
        app.ask_from(CLIENT, method, path).key(&ada.access).json(&body)
    };
    for ask in &guesses {
        guess(ask).await.problem(401, "unauthenticated");
    }
    for ask in &guesses {
        let refused = guess(ask).await;
        is_over(&refused, "60");
        assert_eq!(refused.problem(429, "rate_limited")["violated-policies"], json!(["login"]));
    }
    is_over(&app.log_in_from(CLIENT, ADA, PASSWORD).await, "60");
    app.log_in(ADA, PASSWORD).await.ok(200);
}

/// `authenticated` requests a minute with a key, and `anonymous` ones without.
async fn by_user_and_client(authenticated: u32, anonymous: u32) -> TestApp {
    let limits = LimitSettings {
        authenticated: per_minute(authenticated),
        anonymous: per_minute(anonymous),
        ..LimitSettings::OFF
    };
    TestApp::with(|settings| settings.limits = limits).await
}

#[tokio::test]
async fn rl_01_a_session_counts_for_its_user_as_their_tokens_do() {
    let app = by_user_and_client(4, 2).await;
    let ada = app.person(ADA).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let begun = app.ask_from("192.0.2.2", "POST", "/api/v1/auth/session").json(&body).await;
    let session = cookie(&begun, "__Host-session").unwrap();
    let me = |peer| app.ask_from(peer, "GET", ME).session(&session);
    for remaining in (1..4).rev() {
        let answer = me(CLIENT).await;
        answer.ok(200);
        assert_eq!(answer.header("ratelimit"), format!("\"authenticated\";r={remaining};t=60"));
    }
    // The limit covers every path, every client and every kind of proof.
    me("192.0.2.3").await.ok(200);
    is_over(&app.me(&ada.access).await, "60");
    let refused = me(CLIENT).await;
    is_over(&refused, "60");
    let problem = refused.problem(429, "rate_limited");
    assert_eq!(problem["violated-policies"], json!(["authenticated"]));
    is_over(&app.ask_from(CLIENT, "GET", "/api/v1/nothing").session(&session).await, "60");
    // None of this counted for the client.
    app.ask_from(CLIENT, "GET", ME).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn rl_01_what_proves_nothing_buys_no_greater_limit() {
    let app = by_user_and_client(100, 3).await;
    let ada = app.person(ADA).await;
    let old = app.key_of(&ada, &["links:read"]).await;
    app.edit_user(ada.id, &json!({ "status": "disabled" })).await.ok(200);
    let random = "A".repeat(43);
    let wrong_key = format!("{}x", &old[..old.len() - 1]);
    let (name, value) = SAME_ORIGIN;
    let ways: [fn(Ask, &str) -> Ask; 2] = [
        |ask, secret| ask.key(secret),
        |ask, secret| ask.header("cookie", &format!("__Host-session={secret}")),
    ];
    let mut network = 0;
    for path in [ME, "/api/v1/nothing"] {
        for way in ways {
            for secret in ["", "junk", &random, &wrong_key, &old, &ada.access] {
                network += 1;
                let peer = format!("198.51.{network}.1");
                let ask = || way(app.ask_from(&peer, "GET", path), secret).header(name, value);
                for _ in 0..3 {
                    assert!([401, 404].contains(&ask().await.status.as_u16()), "{path} {secret}");
                }
                is_over(&ask().await, "60");
                is_over(&app.ask_from(&peer, "GET", path).await, "60");
            }
        }
    }
}

#[tokio::test]
async fn rl_01_wrong_keys_and_sessions_are_refused_before_they_are_looked_up() {
    let app = by_user_and_client(100, 3).await;
    let ada = app.person(ADA).await;
    let key = app.key_of(&ada, &["links:read"]).await;
    let list = |peer: &str, key: &str| app.ask_from(peer, "GET", "/api/v1/urls").key(key);
    let guess = |number: u8| curt_domain::ApiKey::from_random([number; 32]);
    // A client that asked often without a key may have neighbours with one.
    for _ in 0..3 {
        app.ask_from(CLIENT, "GET", ME).await.problem(401, "unauthenticated");
    }
    is_over(&app.ask_from(CLIENT, "GET", ME).await, "60");
    list(CLIENT, &key).await.ok(200);

    let guesser = "198.51.100.1";
    for number in 0..3 {
        list(guesser, guess(number).as_str()).await.problem(401, "unauthenticated");
    }
    // From now on the right key is not even looked up here; what needs no lookup still works.
    is_over(&list(guesser, &key).await, "60");
    list(guesser, &ada.access).await.ok(200);
    list(guesser, ADMIN_KEY).await.ok(200);
    list(CLIENT, &key).await.ok(200);
    let other = "203.0.113.1";
    let session = |peer| app.ask_from(peer, "GET", ME).session(&"A".repeat(43));
    for _ in 0..3 {
        session(other).await.problem(401, "unauthenticated");
    }

    // Without the database, a lookup would be a 503.
    app.store.close().await;
    for _ in 0..2 {
        is_over(&list(guesser, guess(9).as_str()).await, "60");
        is_over(&session(other).await, "60");
    }
    list(CLIENT, guess(9).as_str()).await.problem(503, "unavailable");
    let wrong_sum = format!("{}!", &key[..key.len() - 1]);
    list("192.0.2.9", &wrong_sum).await.problem(401, "unauthenticated");
    app.clock.advance(Duration::from_mins(1));
    list(guesser, guess(9).as_str()).await.problem(503, "unavailable");
    assert!(4 <= app.metric("limits_refused_total{purpose=\"wrong_key\"}"));
}

#[tokio::test]
async fn rl_01_reports_tell_what_is_left_of_their_own_limit() {
    let limits =
        LimitSettings { report: per_minute(1), anonymous: per_minute(9), ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    app.shorten("bad", "https://evil.example/", json!({})).await;
    let body = json!({ "short_code": "bad", "reason": "spam" });
    let report = || app.ask_from(CLIENT, "POST", "/api/v1/reports").json(&body);
    let (heard, refused) = (report().await, report().await);
    heard.ok(202);
    is_over(&refused, "60");
    for (answer, anonymous) in [(&heard, 8), (&refused, 7)] {
        let left = format!("\"anonymous\";r={anonymous};t=60, \"report\";r=0;t=60");
        assert_eq!(answer.header("ratelimit"), left);
        let policy = "\"anonymous\";q=9;w=60, \"report\";q=1;w=60";
        assert_eq!(answer.header("ratelimit-policy"), policy);
    }
    assert_eq!(refused.problem(429, "rate_limited")["violated-policies"], json!(["report"]));
    // The form counts for the same limit.
    let form = app.ask_from(CLIENT, "POST", "/-/report");
    let form = form.body("application/x-www-form-urlencoded", "link=bad&reason=spam").await;
    is_over(&form, "60");
}

#[tokio::test]
async fn phish_03_of_a_thousand_reports_from_one_address_ten_are_heard_and_one_is_kept() {
    let limits = LimitSettings { report: LimitSettings::DEFAULT.report, ..LimitSettings::OFF };
    let app = TestApp::with(|settings| settings.limits = limits).await;
    app.shorten("bad", "https://evil.example/", json!({})).await;
    let mut heard = 0;
    for _ in 0..1_000 {
        let body = json!({ "short_code": "bad", "reason": "spam" });
        let answer = app.ask_from(CLIENT, "POST", "/api/v1/reports").json(&body).await;
        match answer.status.as_u16() {
            202 => heard += 1,
            _ => is_over(&answer, "3600"),
        }
    }
    assert_eq!(heard, 10);
    let reports = app.ask("GET", "/api/v1/admin/reports").key(ADMIN_KEY).await.ok(200);
    assert_eq!(reports["items"].as_array().unwrap().len(), 1);
}
