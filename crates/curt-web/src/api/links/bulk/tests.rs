//! Bulk requests that are cut short: by the clock, by the store, by the process.

use bytes::Bytes;
use curt_domain::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::app::tests::open_app;

/// Three chunks, each with one item that is wrong.
fn chunks() -> Vec<Chunk> {
    let link = |number: usize| match number % 500 {
        7 => json!({ "original_url": "/" }),
        _ => json!({ "original_url": "https://example.com/" }),
    };
    let links: Value = (0..1_100).map(link).collect();
    let body = json!({ "links": links }).to_string();
    read_chunks(&Bytes::from(body)).unwrap()
}

fn writer(app: &App, time: Duration) -> Writer<'_> {
    let created_at = Timestamp::from_millis(1_760_000_000_000).max(app.clock.now());
    let key =
        BulkKey { caller: "us".to_owned(), key: "k".to_owned(), body_hash: [7; 32], created_at };
    Writer { app, caller: Caller::SYSTEM, key: Some(key), until: Instant::now() + time }
}

async fn write(app: &App, chunks: Vec<Chunk>, time: Duration) -> Vec<Value> {
    let answer = writer(app, time).write(chunks).await.unwrap();
    let body: Value = serde_json::from_str(&answer.into_body()).unwrap();
    let results = body["results"].as_array().unwrap();
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["index"], index);
    }
    results.clone()
}

fn count(results: &[Value], status: u16) -> usize {
    results.iter().filter(|result| result["status"] == status).count()
}

#[tokio::test]
async fn chunks_end_at_500_items_or_a_mebibyte() {
    let chunks = chunks();
    let sizes: Vec<_> = chunks.iter().map(|c| (c.number, c.first, c.items.len())).collect();
    assert_eq!(sizes, [(0, 0, 500), (1, 500, 500), (2, 1_000, 100)]);

    let long = format!("\"{}\"", "x".repeat(300_000));
    let body = format!("{{\"links\": [{}]}}", [long.as_str(); 9].join(", "));
    let chunks = read_chunks(&Bytes::from(body)).unwrap();
    let sizes: Vec<_> = chunks.iter().map(|c| (c.number, c.first, c.items.len())).collect();
    assert_eq!(sizes, [(0, 0, 4), (1, 4, 4), (2, 8, 1)]);
}

#[tokio::test]
async fn a_request_that_died_between_two_chunks_goes_on_where_it_ended() {
    let directory = TempDir::new().unwrap();
    let app = open_app(directory.path()).await;
    let mut first = chunks();
    first.truncate(1);
    let before = write(&app, first, WRITING_TIME_MAX).await;
    assert_eq!((count(&before, 201), count(&before, 422)), (499, 1));

    let whole = write(&app, chunks(), WRITING_TIME_MAX).await;
    assert_eq!((count(&whole, 201), count(&whole, 422)), (1_097, 3));
    assert_eq!(whole[..500], before);
    let again = writer(&app, WRITING_TIME_MAX).write(chunks()).await.unwrap();
    assert!(again.is_replay());
}

#[tokio::test]
async fn what_there_was_no_time_for_is_not_tried_and_can_be_sent_again() {
    let directory = TempDir::new().unwrap();
    let app = open_app(directory.path()).await;
    let late = write(&app, chunks(), Duration::ZERO).await;
    assert_eq!((late.len(), count(&late, 503)), (1_100, 1_100));
    assert_eq!(late[1_099]["problem"]["code"], "unavailable");

    let again = write(&app, chunks(), WRITING_TIME_MAX).await;
    assert_eq!((count(&again, 201), count(&again, 422)), (1_097, 3));
}

#[tokio::test]
async fn a_store_that_fails_is_not_asked_for_every_chunk() {
    let directory = TempDir::new().unwrap();
    let app = open_app(directory.path()).await;
    let kept = BulkKey {
        caller: "us".to_owned(),
        key: "k".to_owned(),
        body_hash: [7; 32],
        created_at: app.clock.now(),
    };
    assert_eq!(kept.of_chunk(0).caller, "us");
    app.store.close().await;

    let until = Instant::now() + WRITING_TIME_MAX;
    let answer = Writer { app: &app, caller: Caller::SYSTEM, key: None, until }
        .write(chunks())
        .await
        .unwrap();
    let body: Value = serde_json::from_str(&answer.into_body()).unwrap();
    let details = |range: std::ops::Range<usize>| {
        let problems = &body["results"].as_array().unwrap()[range];
        let mut details: Vec<_> =
            problems.iter().map(|r| r["problem"]["detail"].to_string()).collect();
        details.dedup();
        details
    };
    assert_eq!(details(0..500), [format!("\"{}\"", ApiError::Unavailable)]);
    assert_eq!(details(500..1_100), [format!("\"{}\"", ApiError::NotTried)]);
}
