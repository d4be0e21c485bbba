//! No click is counted twice, and none is left out.

use std::time::Duration;

use curt_analytics::Finished;
use curt_domain::{Access, Bucket, ClickClass, ClickTotals, Timestamp};
use curt_store::ClickLosses;

use crate::{
    journals::{TestJournal, click},
    stores::{clock, connect, counted, ever, for_each_store, id, losses, now},
};

/// More than a batch, and more than a segment holds.
const MANY: u64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn clicks_are_counted_while_the_server_runs_and_when_it_ends() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(1_000);
        let drain = journal.start(store);
        journal.append(MANY);
        journal.finish(drain).await;
        assert_eq!(counted(store).await, 1_000 + MANY);
        assert_eq!(losses(store).await, ClickLosses::default());
        assert_eq!(journal.segments(), [], "counted segments are gone");
        let record = store.link(Access::All, id(1)).await.unwrap().unwrap();
        assert_eq!(record.last_click_at, Some(now()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_click_has_one_class_and_its_own_time() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        let before_1970 = Timestamp::from_millis(-1);
        let tomorrow = now().plus(Duration::from_hours(24));
        let plain = click(1, now());
        for click in [
            plain,
            curt_domain::Click { user_agent: b"curl/8.5.0", ..plain },
            curt_domain::Click { user_agent: b"Twitterbot/1.0", ..plain },
            curt_domain::Click { decided: Some(ClickClass::Prefetch), ..plain },
            curt_domain::Click { decided: Some(ClickClass::Human), user_agent: b"", ..plain },
            click(1, before_1970),
            click(1, tomorrow),
        ] {
            assert!(journal.append_one(&click));
        }
        journal.drain(store).await;
        let of_now = ClickTotals { human: 3, bot: 1, preview: 1, prefetch: 1, suspicious: 0 };
        let mut buckets = Vec::new();
        let each = |bucket, totals: &ClickTotals| buckets.push((bucket, *totals));
        store.each_click_bucket(id(1), ever(), each).await.unwrap();
        let old = ClickTotals { human: 1, ..ClickTotals::default() };
        assert_eq!(buckets, [(Bucket::of(before_1970), old), (Bucket::of(now()), of_now)]);
    })
    .await;
}

/// As `kill -9` leaves them: segments in use, neither sealed nor cut to their length.
#[tokio::test(flavor = "multi_thread")]
async fn p2_what_a_dead_server_leaves_is_counted_at_the_next_start() {
    for_each_store(async |store, _| {
        let dead = TestJournal::new();
        dead.append(MANY);
        dead.copy().drain(store).await;
        assert_eq!(counted(store).await, MANY);
    })
    .await;
}

/// The server died between the commit and the removal of its segments, or its directory was copied.
#[tokio::test(flavor = "multi_thread")]
async fn p2_segments_that_were_counted_do_not_count_again() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(3_000);
        let copies = [journal.copy(), journal.copy()];
        journal.append(2_000);
        copies[0].drain(store).await;
        assert_eq!(counted(store).await, 3_000);
        // The original goes further than the copy that was taken to be finished.
        journal.drain(store).await;
        assert_eq!(counted(store).await, 5_000);
        copies[1].drain(store).await;
        assert_eq!(counted(store).await, 5_000);
        assert_eq!(losses(store).await, ClickLosses::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_copies_that_are_counted_at_the_same_time_count_once() {
    for_each_store(async |store, database| {
        let original = TestJournal::new();
        original.append(MANY);
        let copies = [original.copy(), original.copy(), original.copy()];
        let other = connect(database).await;
        let drains = copies.each_ref().map(|copy| copy.start(&other));
        original.append(10);
        original.drain(store).await;
        for (copy, drain) in copies.iter().zip(drains) {
            copy.finish(drain).await;
        }
        other.close().await;
        assert_eq!(counted(store).await, MANY + 10);
    })
    .await;
}

/// The database becomes unavailable before, within or after a commit.
#[tokio::test(flavor = "multi_thread")]
async fn p2_a_database_that_goes_away_costs_nothing_but_time() {
    for_each_store(async |store, database| {
        let journal = TestJournal::new();
        journal.append(MANY);
        let mut written = MANY;
        for _ in 0..4 {
            let going = connect(database).await;
            let drain = journal.start(&going);
            journal.append(100);
            written += 100;
            // Whatever the drain is doing, its requests fail from now on.
            going.close().await;
            let finished = drain.finish(Duration::from_millis(200)).await;
            assert_eq!(finished, Finished::Early);
        }
        journal.drain(store).await;
        assert_eq!(counted(store).await, written);
        assert_eq!(journal.segments(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_keeps_clicks_from_being_counted() {
    for_each_store(async |_, database| {
        let gone = connect(database).await;
        gone.close().await;
        let journal = TestJournal::new();
        journal.append(1);
        let drain = journal.start(&gone);
        let watch = drain.watch().clone();
        assert_eq!(drain.finish(Duration::from_millis(500)).await, Finished::Early);
        let state = watch.state();
        assert!(state.failure.is_some(), "{state:?}");
        let later = now().plus(Duration::from_secs(7));
        assert_eq!(watch.lag(later), Some(Duration::from_secs(7)));
        assert_eq!(clock().now(), now());
    })
    .await;
}

/// A journal without room drops clicks, and each of them is accounted for.
#[tokio::test(flavor = "multi_thread")]
async fn dropped_clicks_are_counted_as_dropped() {
    for_each_store(async |store, _| {
        let journal = TestJournal::small(2);
        let (mut taken, mut dropped) = (0, 0);
        while dropped < 500 {
            let count =
                if journal.append_one(&click(1, now())) { &mut taken } else { &mut dropped };
            *count += 1;
        }
        journal.drain(store).await;
        assert_eq!(counted(store).await, taken);
        assert_eq!(losses(store).await, ClickLosses { dropped, lost: 0 });
    })
    .await;
}
