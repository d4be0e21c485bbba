//! Bulk requests with an `Idempotency-Key`: whatever happened to the first, each link is made once.

use std::{future::IntoFuture as _, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{app::TestApp, ask::Ask};

const TARGET: &str = "https://example.com/";

/// Three chunks, with wrong items in each.
fn links() -> Value {
    let link = |number: usize| match number % 500 {
        7 => json!({ "original_url": "/" }),
        8 => json!({ "original_url": TARGET, "custom_alias": "taken" }),
        _ => json!({ "original_url": TARGET }),
    };
    (0..1_100).map(link).collect()
}

fn bulk(app: &TestApp) -> Ask {
    app.create_bulk(&links()).header("idempotency-key", "k")
}

async fn started() -> TestApp {
    let app = TestApp::start().await;
    app.shorten("taken", TARGET, json!({})).await;
    app
}

#[tokio::test]
async fn a_repeated_bulk_gets_the_same_answer_and_makes_nothing() {
    let app = started().await;
    let first = bulk(&app).await;
    assert_eq!(first.find("idempotent-replayed"), None);
    let id = first.ok(200)["results"][0]["link"]["id"].as_u64().unwrap();
    app.edit(id, &json!({ "title": "changed" })).await.ok(200);

    let again = bulk(&app).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(200), first.ok(200));
    assert_eq!(app.link_count().await, 1_095);
    app.create_bulk(&links()).await.ok(200);
    assert_eq!(app.link_count().await, 2 * 1_094 + 1, "without a key it is another request");
}

/// Wherever the first request was cut off, links already written are not written again.
#[tokio::test]
async fn a_client_that_left_gets_the_whole_answer_when_it_comes_back() {
    let app = started().await;
    let something_written = async { while app.link_count().await < 2 {} };
    tokio::select! {
        answer = bulk(&app) => drop(answer.ok(200)),
        () = something_written => {}
    }
    let whole = bulk(&app).await.ok(200);
    assert_eq!(whole["results"].as_array().unwrap().len(), 1_100);
    assert_eq!(app.link_count().await, 1_095);
    let again = bulk(&app).await;
    assert_eq!((again.header("idempotent-replayed"), again.ok(200)), ("true", whole));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_bulks_at_the_same_time_make_each_link_once() {
    let app = started().await;
    let mut bulks = JoinSet::new();
    for _ in 0..4 {
        bulks.spawn(bulk(&app).into_future());
    }
    let answers = bulks.join_all().await;
    for answer in &answers {
        assert_eq!(answer.ok(200), answers[0].json());
    }
    assert_eq!(app.link_count().await, 1_095);
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let app = started().await;
    bulk(&app).await.ok(200);
    let reused = |ask: Ask| ask.header("idempotency-key", "k");
    let other = json!([{ "original_url": TARGET }]);
    reused(app.create_bulk(&other)).await.problem(422, "idempotency_key_reused");
    reused(app.create(&other[0])).await.problem(422, "idempotency_key_reused");
    // And the other way round.
    app.create(&other[0]).header("idempotency-key", "single").await.ok(201);
    let bulk = app.create_bulk(&other).header("idempotency-key", "single").await;
    bulk.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn the_answers_of_all_chunks_are_forgotten_together() {
    let app = started().await;
    let first = bulk(&app).await.ok(200);
    app.clock.advance(Duration::from_hours(24) - Duration::from_millis(1));
    assert_eq!(bulk(&app).await.ok(200), first);
    app.clock.advance(Duration::from_millis(1));
    let fresh = bulk(&app).await;
    assert_eq!(fresh.find("idempotent-replayed"), None);
    assert_eq!(app.link_count().await, 2 * 1_094 + 1);
}
