//! A clock that is changed: clicks are still counted once, and none on a future day.

use std::time::Duration;

use curt_domain::{Bucket, ClickTotals, Clock, ManualClock, Span, Timestamp};
use curt_store::{ClickLosses, Store};

use crate::{
    journals::{TestJournal, click},
    stores::{counted, for_each_store, id, losses, now},
};

const HOUR: i64 = 3_600_000;
const YEAR: i64 = 365 * 24 * HOUR;

/// The clock's successive offsets from `now`.
const STEPS: [i64; 8] = [0, -HOUR, HOUR, -10 * YEAR, 10 * YEAR, -1_760_000_000_000, -HOUR, 0];

/// Clicks before and after each step of the clock.
const CLICKS: u64 = 30;

async fn buckets(store: &Store) -> Vec<(Bucket, ClickTotals)> {
    let [from, to] = [-100 * YEAR, 100 * YEAR].map(Timestamp::from_millis);
    let mut found = Vec::new();
    let each = |bucket, totals: &ClickTotals| found.push((bucket, *totals));
    store.each_click_bucket(id(1), Span::around(from, to).unwrap(), each).await.unwrap();
    found
}

async fn clicks_at(store: &Store, at: Timestamp) -> u64 {
    let found = buckets(store).await.into_iter().find(|(bucket, _)| *bucket == Bucket::of(at));
    found.map_or(0, |(_, totals)| totals.total())
}

/// A server that restarts after each step and finds the clock changed.
#[tokio::test(flavor = "multi_thread")]
async fn f_clicks_are_counted_at_the_time_that_the_clock_said() {
    for_each_store(async |store, _| {
        let hand = ManualClock::new(now());
        let mut home = tempfile::tempdir().unwrap();
        for (step, millis) in STEPS.into_iter().enumerate() {
            let at = Timestamp::from_millis(now().as_millis() + millis);
            hand.set(at);
            let before = clicks_at(store, at).await;
            let journal = TestJournal::at(home, Clock::Manual(hand.clone()));
            for _ in 0..CLICKS {
                assert!(journal.append_one(&click(1, hand.now())));
            }
            journal.drain(store).await;
            assert_eq!(clicks_at(store, at).await, before + CLICKS, "step {step}");
            assert_eq!(counted(store).await, (step as u64 + 1) * CLICKS);
            home = journal.into_home();
        }
        assert_eq!(losses(store).await, ClickLosses::default());
    })
    .await;
}

/// While the server runs, between a click and its count.
#[tokio::test(flavor = "multi_thread")]
async fn f_a_click_that_is_ahead_of_the_clock_counts_as_of_now() {
    for_each_store(async |store, _| {
        let hand = ManualClock::new(now());
        let home = tempfile::tempdir().unwrap();
        let journal = TestJournal::at(home, Clock::Manual(hand.clone()));
        let ahead = now().plus(Duration::from_hours(24));
        hand.set(ahead);
        for _ in 0..CLICKS {
            assert!(journal.append_one(&click(1, hand.now())));
        }
        hand.set(now());
        let drain = journal.start(store);
        for millis in STEPS {
            hand.set(Timestamp::from_millis(now().as_millis() + millis.min(0)));
            for _ in 0..CLICKS {
                assert!(journal.append_one(&click(1, hand.now())));
            }
        }
        hand.set(now());
        journal.finish(drain).await;
        let clicks = (STEPS.len() as u64 + 1) * CLICKS;
        assert_eq!(counted(store).await, clicks);
        assert_eq!(losses(store).await, ClickLosses::default());
        let last = buckets(store).await.into_iter().map(|(bucket, _)| bucket.start()).max();
        assert!(last <= Some(now()), "a click on a day that has not come");
        assert_eq!(journal.segments(), []);
    })
    .await;
}
