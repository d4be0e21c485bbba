//! How SQLite finds the rows that it adds up, and how concurrent batches behave on the servers.

use curt_domain::{Bucket, ClickTotals, LinkId, Timestamp};
use futures_util::{StreamExt as _, stream};
use testkit::databases::for_each_server;

use super::*;
use crate::{
    Engine, StoreMetrics, StoreSettings,
    db::explain,
    tests::{clock, for_each_store},
};

#[tokio::test]
async fn old_buckets_are_found_through_their_index() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            for sql in buckets::FOLDING {
                let plan = explain::query_plan(&store.db, *sql).await;
                assert!(plan.contains("INDEX click_buckets_by_time (at"), "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    })
    .await;
}

/// As many as the store has connections.
const AT_A_TIME: usize = crate::CONNECTIONS_MAX_DEFAULT as usize;

/// Clicks on links 1 to 200, starting with another link each time.
fn overlapping(turn: usize) -> ClickBatch {
    let bucket = Bucket::of(Timestamp::from_millis(0));
    let totals = ClickTotals { human: 1, ..ClickTotals::default() };
    let row = |link| LinkClicks { link, bucket, totals, last_at: bucket.start() };
    let mut clicks: Vec<_> = (1..=200).filter_map(LinkId::new).map(row).collect();
    clicks.rotate_left(turn * 31 % 200);
    if turn.is_multiple_of(2) {
        clicks.reverse();
    }
    let to = JournalMark { records: 200, ..JournalMark::default() };
    let mark = MarkMove { segment: turn as u128, from: None, to };
    ClickBatch { marks: vec![mark], clicks, losses: Vec::new() }
}

/// Batches wait for each other, but none has to run again because two waited in a circle.
#[tokio::test]
async fn overlapping_batches_meet_in_the_same_order() {
    for_each_server(async |database| {
        let settings = StoreSettings::new(database.url().parse().unwrap());
        let metrics = StoreMetrics::unregistered();
        let store = Store::connect(&settings, metrics.clone()).await.unwrap();
        store.migrate(&clock()).await.unwrap();
        store.add_clicks(overlapping(0)).await.unwrap();
        let batches = (1..60).map(|turn| store.add_clicks(overlapping(turn)));
        let mut added = stream::iter(batches).buffer_unordered(AT_A_TIME);
        while let Some(result) = added.next().await {
            result.unwrap();
        }
        assert_eq!(metrics.retries(store.engine(), "add_clicks"), 0);
        store.close().await;
    })
    .await;
}
