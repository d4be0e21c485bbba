//! LPW: links with a password open for visitors who know it, and tell no others where they lead.

use std::{future::IntoFuture as _, time::Duration};

use curt_cache::{Limit, LimitSettings};
use curt_journal::Durability;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp, TestSettings},
    ask::Ask,
};

const TARGET: &str = "https://hidden.example/place";
const PASSWORD: &str = "tulips by the harbour";
const FORM: &str = "application/x-www-form-urlencoded";

async fn locked_with(more: Value, change: impl FnOnce(&mut TestSettings)) -> TestApp {
    let app = TestApp::with(change).await;
    let mut settings = json!({ "password": PASSWORD });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.shorten("link", TARGET, settings).await;
    app
}

async fn locked(more: Value) -> TestApp {
    locked_with(more, |_| {}).await
}

fn guess_from(app: &TestApp, peer: &str, password: &str) -> Ask {
    let form = format!("password={}", password.replace(' ', "+"));
    app.ask_from(peer, "POST", "/link").by_browser().body(FORM, form)
}

fn guess(app: &TestApp, password: &str) -> Ask {
    guess_from(app, "192.0.2.1", password)
}

/// What the browser sends back: the cookie's name and value.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn unlock(app: &TestApp) -> String {
    let opened = guess(app, PASSWORD).await;
    opened.leads_to(303, "/link");
    cookie(&opened)
}

async fn visit_with(app: &TestApp, cookie: &str) -> Answer {
    app.visit("/link").header("cookie", cookie).await
}

#[track_caller]
fn asks(answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), "Form");
    assert!(answer.page().contains("<input type=\"password\" name=\"password\""), "{answer:?}");
    assert!(!answer.text().contains("hidden.example"));
}

#[tokio::test]
async fn lpw_01_wrong_passwords_are_refused_then_counted_by_link_and_client() {
    let limits = |settings: &mut TestSettings| settings.limits = LimitSettings::DEFAULT;
    let app = locked_with(json!({}), limits).await;
    let first = app.visit("/link").await;
    asks(&first);
    for number in 0..10 {
        let wrong = guess(&app, &format!("wrong {number}")).await;
        asks(&wrong);
        assert!(wrong.page().contains("role=\"alert\""), "{wrong:?}");
    }
    let refused = guess(&app, PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "900");
    assert_eq!(refused.find("set-cookie"), None);
    // Another client and another link are not affected.
    guess_from(&app, "192.0.2.2", PASSWORD).await.leads_to(303, "/link");
    app.shorten("other", TARGET, json!({ "password": PASSWORD })).await;
    let other = app.ask_from("192.0.2.1", "POST", "/other").body(FORM, "password=x").await;
    other.problem(401, "password_required");
    app.clock.advance(Duration::from_mins(15));
    unlock(&app).await;
}

#[tokio::test]
async fn lpw_01_many_clients_together_have_a_limit_at_each_link() {
    let per_hour = |count| Limit::new(count, Duration::from_hours(1));
    let limits = LimitSettings { link_guess: per_hour(3), ..LimitSettings::OFF };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    let opened = unlock(&app).await;
    for number in 1..=3 {
        asks(&guess_from(&app, &format!("192.0.{number}.1"), "wrong").await);
    }
    assert_eq!(guess_from(&app, "192.0.9.1", PASSWORD).await.status, 429);
    // A visitor who has given the password does not notice.
    visit_with(&app, &opened).await.leads_to(302, TARGET);
}

#[tokio::test]
async fn lpw_01_right_passwords_use_up_no_tries_and_parallel_guesses_do() {
    let limits = LimitSettings {
        link_password: Limit::new(3, Duration::from_mins(15)),
        ..LimitSettings::OFF
    };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    for _ in 0..5 {
        unlock(&app).await;
    }
    let guesses = join_all((0..8).map(|number| {
        let ask = guess(&app, &format!("wrong {number}"));
        async move { ask.await.status.as_u16() }
    }));
    let statuses = guesses.await;
    let count = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!(count(401), 3, "{statuses:?}");
    // Asked to retry while other guesses are checked, and refused once those were wrong.
    assert_eq!(count(503) + count(429), 5, "{statuses:?}");
    assert_eq!(guess(&app, PASSWORD).await.status, 429);
}

/// Colleagues who open a link at the same time have made no wrong guess.
#[tokio::test]
async fn lpw_01_right_passwords_at_the_same_time_are_asked_to_wait_and_not_refused() {
    let limits = LimitSettings {
        link_password: Limit::new(2, Duration::from_mins(15)),
        ..LimitSettings::OFF
    };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    let mut statuses = join_all((0..6).map(|_| async { guess(&app, PASSWORD).await })).await;
    statuses.retain(|answer| answer.status != 303);
    assert!(statuses.len() <= 4, "{statuses:?}");
    for answer in &statuses {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("retry-after"), "1");
    }
    unlock(&app).await;
}

/// A client cannot occupy the hashing threads, even with passwords that it knows.
#[tokio::test]
async fn lpw_01_looking_at_passwords_has_a_limit_for_each_client_right_or_wrong() {
    let limits =
        LimitSettings { unlock: Limit::new(2, Duration::from_mins(5)), ..LimitSettings::OFF };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    app.shorten("other", TARGET, json!({ "password": PASSWORD })).await;
    unlock(&app).await;
    unlock(&app).await;
    let other = app.ask_from("192.0.2.1", "POST", "/other").body(FORM, "password=x").await;
    let problem = other.problem(429, "rate_limited");
    assert_eq!(problem["violated-policies"], json!(["unlock"]));
    guess_from(&app, "192.0.2.2", PASSWORD).await.leads_to(303, "/link");
}

/// A client that disconnects before the answer has learned nothing, and locks out no other.
#[tokio::test]
async fn lpw_01_guesses_that_nobody_waits_for_do_not_count() {
    let limits =
        LimitSettings { link_guess: Limit::new(2, Duration::from_mins(15)), ..LimitSettings::OFF };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    // From memory there is nothing to wait for except the hash.
    asks(&app.visit("/link").await);
    for _ in 0..5 {
        let mut left = guess(&app, "wrong").into_future();
        assert!(futures_util::poll!(left.as_mut()).is_pending());
    }
    unlock(&app).await;
}

/// A client is not to blame for the guesses of others before it.
#[tokio::test]
async fn lpw_01_nobody_is_blocked_for_what_others_guessed() {
    let window = Duration::from_mins(15);
    let (link_guess, block_after) = (Limit::new(1, window), Limit::new(2, window));
    let limits = LimitSettings { link_guess, block_after, ..LimitSettings::OFF };
    let app = locked_with(json!({}), |settings| settings.limits = limits).await;
    asks(&guess_from(&app, "198.51.100.1", "wrong").await);
    for _ in 0..6 {
        assert_eq!(guess(&app, PASSWORD).await.status, 429);
    }
    app.automatic_blocks.write().await;
    let blocks = app.ask("GET", "/api/v1/admin/ip-blocks").key(ADMIN_KEY).await.ok(200);
    assert_eq!(blocks["items"], json!([]));
}

#[tokio::test]
async fn lpw_01_the_answer_to_an_old_cookie_is_that_to_none() {
    let app = locked(json!({})).await;
    let old = unlock(&app).await;
    app.clock.advance(Duration::from_mins(10));
    let answers = [
        app.visit("/link").await,
        visit_with(&app, &old).await,
        visit_with(&app, "__Secure-unlocked=9999999999999.AAAA").await,
    ];
    for answer in &answers {
        asks(answer);
        assert_eq!(answer.body, answers[0].body);
        assert_eq!(answer.lasting_headers(), answers[0].lasting_headers());
    }
}

#[tokio::test]
async fn lpw_02_the_password_opens_nothing_that_is_over() {
    for (edit, status) in [
        (json!({ "status": "disabled" }), 404),
        (json!({ "expires_at": "2026-01-31T12:00:01Z" }), 410),
        (json!({ "valid_from": "2026-03-01T00:00:00Z" }), 404),
    ] {
        let app = TestApp::start().await;
        let id = app.shorten("link", TARGET, json!({ "password": PASSWORD })).await;
        let opened = unlock(&app).await;
        visit_with(&app, &opened).await.leads_to(302, TARGET);
        app.edit(id, &edit).await.ok(200);
        app.clock.advance(Duration::from_secs(2));
        for answer in [guess(&app, PASSWORD).await, visit_with(&app, &opened).await] {
            assert_eq!(answer.status, status, "{edit}: {answer:?}");
            assert_eq!((answer.find("location"), answer.find("set-cookie")), (None, None));
        }
    }
    let app = locked(json!({})).await;
    app.block("hidden.example").await.ok(201);
    // A visitor without the password does not learn that the target is blocked.
    asks(&app.visit("/link").await);
    assert_eq!(app.visit("/link+").await.status, 200);
    asks(&guess(&app, "wrong").await);
    let opened = unlock(&app).await;
    let answer = visit_with(&app, &opened).await;
    assert_eq!((answer.status.as_u16(), answer.find("location")), (451, None));
}

#[tokio::test]
async fn lpw_02_limited_clicks_are_used_up_by_visits_and_not_by_passwords() {
    let app = locked(json!({ "max_clicks": 1 })).await;
    let opened = unlock(&app).await;
    assert_eq!(unlock(&app).await, opened);
    visit_with(&app, &opened).await.leads_to(302, TARGET);
    let used_up = visit_with(&app, &opened).await;
    assert_eq!((used_up.status.as_u16(), used_up.find("location")), (410, None));
}

#[tokio::test]
async fn lpw_03_success_is_a_303_with_a_cookie_for_this_link_alone() {
    let app = locked(json!({ "forward_query": true, "redirect_status": 307 })).await;
    let ask = app.ask("POST", "/link?utm_source=a%20b").by_browser();
    let opened = ask.body(FORM, "password=tulips+by+the+harbour").await;
    opened.leads_to(303, "/link?utm_source=a%20b");
    assert_eq!(opened.header("cache-control"), "no-store");
    let set = opened.header("set-cookie");
    assert!(set.starts_with("__Secure-unlocked="), "{set}");
    assert!(set.ends_with("; Path=/link; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{set}");
    // By GET from here on, so that no body is sent along, whatever the link's own status.
    let back = app.visit("/link?utm_source=a%20b").header("cookie", &cookie(&opened)).await;
    back.leads_to(307, &format!("{TARGET}?utm_source=a+b"));
    app.shorten("other", TARGET, json!({ "password": PASSWORD })).await;
    let elsewhere = app.visit("/other").header("cookie", &cookie(&opened)).await;
    asks(&elsewhere);
}

#[tokio::test]
async fn lpw_03_another_password_and_none_end_what_was_open() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "password": PASSWORD })).await;
    let opened = unlock(&app).await;
    let edited = app.edit(id, &json!({ "password": "roses behind the station" })).await.ok(200);
    assert_eq!((&edited["has_password"], &edited["revision"]), (&json!(true), &json!(2)));
    asks(&visit_with(&app, &opened).await);
    asks(&guess(&app, PASSWORD).await);
    guess(&app, "roses behind the station").await.leads_to(303, "/link");
    let edited = app.edit(id, &json!({ "password": null })).await.ok(200);
    assert_eq!(edited["has_password"], false);
    app.visit("/link").await.leads_to(302, TARGET);
    let not_needed = app.ask("POST", "/link").body(FORM, "password=x").await;
    not_needed.problem(405, "method_not_allowed");
    assert_eq!(not_needed.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn lpw_04_nobody_learns_the_target() {
    let app = locked(json!({ "title": "Party" })).await;
    for ask in [
        app.visit("/link"),
        app.ask("GET", "/link"),
        app.visit_with("HEAD", "/link"),
        app.visit("/link+"),
        app.ask("GET", "/link").header("user-agent", "Twitterbot/1.0"),
        app.visit("/link").header("sec-purpose", "prefetch"),
        app.visit("/link?password=tulips+by+the+harbour"),
        guess(&app, "wrong"),
        guess(&app, PASSWORD),
    ] {
        let answer = ask.await;
        let shown = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
        assert!(!shown.contains("hidden.example"), "{shown}");
    }
    // Its QR code is like any other: it shows the short URL.
    let code = async |app: &TestApp| app.ask("GET", "/api/v1/qr/link?format=svg").await.body;
    let open = TestApp::start().await;
    open.shorten("link", "https://elsewhere.example/", json!({})).await;
    assert_eq!(code(&app).await, code(&open).await);
    let preview = app.visit("/link+").await;
    assert_eq!(preview.status, 200);
    assert!(preview.page().contains("asks for a password"), "{preview:?}");
    let opened = unlock(&app).await;
    let preview = app.visit("/link+").header("cookie", &opened).await;
    assert!(!preview.text().contains("hidden.example"), "the cookie is for following it");
    // The target does not learn where its visitors come from.
    assert_eq!(visit_with(&app, &opened).await.header("referrer-policy"), "no-referrer");
    let head = app.visit_with("HEAD", "/link").header("cookie", &opened).await;
    head.leads_to(302, TARGET);
}

#[tokio::test]
async fn lpw_05_passwords_come_in_bodies_of_our_own_form_alone() {
    let app = locked(json!({})).await;
    let post = |path: &str| app.ask("POST", path);
    let in_query = post("/link?password=tulips+by+the+harbour").body(FORM, "").await;
    in_query.problem(401, "password_required");
    let fields = post("/link").body(FORM, "Password=tulips+by+the+harbour").await;
    fields.problem(401, "password_required");
    let long = format!("password={}", "x".repeat(4 << 10));
    post("/link").body(FORM, long).await.problem(413, "payload_too_large");
    let odd = app.ask("POST", "/link?x=\u{e9}").body(FORM, "password=tulips+by+the+harbour").await;
    odd.leads_to(303, "/link");
    for site in ["cross-site", "same-site"] {
        let elsewhere =
            guess(&app, PASSWORD).header("sec-fetch-site", site).header("accept", "*/*");
        elsewhere.await.problem(403, "cross_site_request");
    }
    guess(&app, PASSWORD).header("sec-fetch-site", "same-origin").await.leads_to(303, "/link");
    // Programs get a problem instead of a page, and can do the same.
    let program = app.ask("GET", "/link").await;
    program.problem(401, "password_required");
    assert_eq!(program.header("www-authenticate"), "Form");
    assert_eq!(post("/none").body(FORM, "password=x").await.status, 404);
    assert_eq!(post("/link+").body(FORM, "password=x").await.status, 405);
}

#[tokio::test]
async fn the_visit_is_the_click_and_not_the_password() {
    let app = locked_with(json!({}), |settings| settings.clicks = Some(Durability::Process)).await;
    let opened = unlock(&app).await;
    guess(&app, "wrong").await;
    app.visit("/link").await;
    assert_eq!(app.written_clicks().len(), 0);
    visit_with(&app, &opened).await.leads_to(302, TARGET);
    assert_eq!(app.written_clicks().len(), 1);
    for (outcome, count) in
        [("password_page", 1), ("wrong_password", 1), ("unlocked", 1), ("followed", 1)]
    {
        let of_tier =
            |tier| app.metric(&format!("redirects_total{{outcome=\"{outcome}\",tier=\"{tier}\"}}"));
        assert_eq!(of_tier("memory") + of_tier("store"), count, "{outcome}");
    }
}

#[tokio::test]
async fn weak_passwords_are_refused_on_create_edit_and_bulk() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    for password in ["seven77", "12345678", "password1", &"long ".repeat(26)] {
        let create = json!({ "original_url": TARGET, "password": password });
        app.create(&create).await.refuses("password", "weak_password");
        app.edit(id, &json!({ "password": password })).await.refuses("password", "weak_password");
        for ask in [app.create_bulk(&json!([create])), app.try_bulk(&json!([create]))] {
            let results = ask.await.ok(200);
            assert_eq!(results["results"][0]["problem"]["code"], "weak_password", "{results}");
        }
    }
    let both = json!({ "original_url": "ftp://x/", "password": "short" });
    let problem = app.create(&both).await.problem(422, "invalid_field");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn many_links_can_have_passwords_up_to_35_in_a_row() {
    let app = TestApp::start().await;
    let link = |number| json!({ "original_url": TARGET, "custom_alias": format!("a{number}"), "password": PASSWORD });
    let links: Value = (0..36).map(link).collect();
    let planned = app.try_bulk(&links).await.ok(200);
    let results = app.create_bulk(&links).await.ok(200);
    for answer in [&planned, &results] {
        assert_eq!(answer["results"][35]["status"], 422, "{answer}");
        assert_eq!(answer["results"][35]["problem"]["errors"][0]["field"], "password");
    }
    assert_eq!(planned["results"][34]["status"], 200);
    assert_eq!(results["results"][34]["link"]["has_password"], true);
    asks(&app.visit("/a34").await);
}

/// An attacker who reads the database must not find a fast hash of a password beside the slow one.
#[tokio::test]
async fn a_repeated_create_is_known_by_a_hash_that_needs_the_secret() {
    use sha2::{Digest as _, Sha256};
    let app = TestApp::start().await;
    let body = json!({ "original_url": TARGET, "password": PASSWORD }).to_string();
    let create = || {
        let ask = app.create(&json!({})).header("idempotency-key", "k");
        ask.body("application/json", body.clone())
    };
    let first = create().await.ok(201);
    assert_eq!(create().await.ok(201), first);
    let replay = app.store.replay("administrator", "k").await.unwrap().unwrap();
    assert_ne!(replay.body_hash, <[u8; 32]>::from(Sha256::digest(&body)));
    assert!(!replay.response.contains("tulips"));
}

#[tokio::test]
async fn history_tells_that_there_was_a_password_and_nothing_of_it() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({ "password": PASSWORD })).await;
    app.edit(id, &json!({ "password": null })).await.ok(200);
    let answer = app.history(id, "").await;
    assert_eq!(answer.ok(200)["items"][0]["has_password"], true);
    assert!(!answer.text().contains("argon2"), "{answer:?}");
}

#[tokio::test]
async fn the_form_is_a_page_of_its_own_that_leads_on() {
    let app = locked(json!({})).await;
    let page = app.visit("/link").await;
    insta::assert_snapshot!(page.page());
    // Some browsers apply it to the redirects after the form as well.
    assert!(page.header("content-security-policy").contains("form-action 'self' http: https:"));
}
