//! Idempotency-Key: a repeated create makes one link and gets one answer.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{answer::Answer, app::TestApp};

const TARGET: &str = "https://example.com/";

fn link() -> Value {
    json!({ "original_url": TARGET })
}

#[tokio::test]
async fn a_repeated_create_gets_the_first_answer() {
    let app = TestApp::start().await;
    let first = app.create(&link()).header("idempotency-key", "k").await;
    assert_eq!(first.find("idempotent-replayed"), None);
    // Later changes to the link do not change the stored answer.
    let id = first.ok(201)["id"].as_u64().unwrap();
    app.edit(id, &json!({ "title": "New" })).await.ok(200);
    app.clock.advance(Duration::from_hours(23));

    let again = app.create(&link()).header("idempotency-key", "k").await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(201), first.json());
    assert_eq!(again.body, first.body);
    for name in ["location", "etag"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let app = TestApp::start().await;
    app.create(&link()).header("idempotency-key", "k").await.ok(201);
    let other = json!({ "original_url": "https://example.com/other" });
    let refused = app.create(&other).header("idempotency-key", "k").await;
    refused.problem(422, "idempotency_key_reused");
    assert_eq!(app.link_count().await, 1);
    app.create(&other).header("idempotency-key", "K").await.ok(201);
}

#[tokio::test]
async fn a_refused_create_leaves_the_key_free() {
    let app = TestApp::start().await;
    app.shorten("taken", TARGET, json!({})).await;
    let taken = json!({ "original_url": TARGET, "custom_alias": "taken" });
    let wrong = json!({ "original_url": "/" });
    for (body, status, code) in [(&taken, 409, "code_taken"), (&wrong, 422, "invalid_field")] {
        app.create(body).header("idempotency-key", "k").await.problem(status, code);
    }
    app.create(&link()).header("idempotency-key", "k").await.ok(201);
}

#[tokio::test]
async fn a_repeated_create_of_an_alias_does_not_meet_itself() {
    let app = TestApp::start().await;
    let alias = json!({ "original_url": TARGET, "custom_alias": "mine" });
    let first = app.create(&alias).header("idempotency-key", "k").await.ok(201);
    let again = app.create(&alias).header("idempotency-key", "k").await.ok(201);
    assert_eq!(first, again);
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let app = TestApp::start().await;
    let first = app.create(&link()).header("idempotency-key", "k").await.ok(201);
    app.clock.advance(Duration::from_hours(24) - Duration::from_millis(1));
    let replayed = app.create(&link()).header("idempotency-key", "k").await.ok(201);
    assert_eq!(replayed, first);

    app.clock.advance(Duration::from_millis(1));
    let other = json!({ "original_url": "https://example.com/other" });
    let fresh = app.create(&other).header("idempotency-key", "k").await;
    assert_ne!(fresh.ok(201)["id"], first["id"]);
    assert_eq!(fresh.find("idempotent-replayed"), None);
    let again = app.create(&other).header("idempotency-key", "k").await;
    assert_eq!(again.ok(201), fresh.json());
    assert_eq!(app.link_count().await, 2);
}

#[tokio::test]
async fn strangers_do_not_see_each_others_answers() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let from = |client| {
        let ask = app.ask_from(client, "POST", "/api/v1/urls");
        ask.json(&link()).header("idempotency-key", "k")
    };
    let first = from("192.0.2.1").await.ok(201);
    let mut ids = HashSet::from([first["id"].as_u64().unwrap()]);
    for client in ["192.0.2.2", "2001:db8::1"] {
        ids.insert(from(client).await.ok(201)["id"].as_u64().unwrap());
    }
    let administrator = app.create(&link()).header("idempotency-key", "k").await;
    ids.insert(administrator.ok(201)["id"].as_u64().unwrap());
    assert_eq!(ids.len(), 4);
    // The same address, however the listener writes it.
    let again = from("::ffff:192.0.2.1").await;
    assert_eq!(again.ok(201), first);
    assert_eq!(app.link_count().await, 4);
}

#[tokio::test]
async fn strangers_behind_one_proxy_do_not_meet_under_one_key() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let create = |body: Value| {
        let ask = app.ask_from("192.0.2.1", "POST", "/api/v1/urls");
        ask.json(&body).header("idempotency-key", "1")
    };
    let mine = create(link()).await.ok(201);
    let theirs = create(json!({ "original_url": "https://example.com/other" })).await;
    assert_eq!(theirs.find("idempotent-replayed"), None);
    assert_ne!(theirs.ok(201)["id"], mine["id"]);

    let again = create(link()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(201), mine);
    assert_eq!(app.link_count().await, 2);
}

/// The client shows in which callers share a stored answer.
#[tokio::test]
async fn xff_02_the_client_is_who_the_trusted_proxy_names() {
    let app = TestApp::with(|settings| {
        settings.links.anonymous_create = true;
        settings.http.trusted_proxies = "10.0.0.0/8".parse().unwrap();
    })
    .await;
    let ask = |peer: &str, header: &'static str, value: &str| {
        let ask = app.ask_from(peer, "POST", "/api/v1/urls").json(&link());
        ask.header("idempotency-key", "k").header(header, value)
    };
    let id = |answer: Answer| answer.ok(201)["id"].as_u64().unwrap();
    let first = id(ask("10.0.0.1", "x-forwarded-for", "203.0.113.9").await);
    for claim in ["1.2.3.4, 203.0.113.9", "203.0.113.9, 10.0.0.2", "junk, ::ffff:203.0.113.9"] {
        assert_eq!(id(ask("::ffff:10.0.0.1", "x-forwarded-for", claim).await), first, "{claim}");
    }
    // Not from a stranger, and not in another header.
    assert_ne!(id(ask("192.0.2.1", "x-forwarded-for", "203.0.113.9").await), first);
    let proxy = id(ask("10.0.0.1", "x-real-ip", "203.0.113.9").await);
    assert_ne!(proxy, first);
    for header in ["forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip"] {
        assert_eq!(id(ask("10.0.0.1", header, "203.0.113.9").await), proxy, "{header}");
    }
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let app = TestApp::start().await;
    let longest = "k".repeat(255);
    app.create(&link()).header("idempotency-key", &longest).await.ok(201);
    for key in ["", " ", &"k".repeat(256), "ключ"] {
        let answer = app.create(&link()).header("idempotency-key", key).await;
        answer.refuses("Idempotency-Key", "invalid_field");
    }
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_creates_with_one_key_make_one_link() {
    const TRIES: usize = 50;
    let app = TestApp::start().await;
    let alias = json!({ "original_url": TARGET, "custom_alias": "mine", "tags": ["a"] });
    let mut tries = JoinSet::new();
    for _ in 0..TRIES {
        tries.spawn(app.create(&alias).header("idempotency-key", "k").into_future());
    }
    let answers = tries.join_all().await;
    for answer in &answers {
        assert_eq!(answer.ok(201), answers[0].json());
    }
    let replayed = answers.iter().filter(|answer| answer.find("idempotent-replayed").is_some());
    assert_eq!(replayed.count(), TRIES - 1);
    assert_eq!(app.link_count().await, 1);
}
