//! Clicks: counted once whichever drain counts them, added up to hours, and known losses.

use std::{collections::HashMap, time::Duration};

use curt_domain::{Access, Bucket, ClickClass, ClickTotals, Span, Timestamp};
use curt_store::{
    AddClicksError, CLICK_ROWS_MAX, ClickBatch, ClickLosses, JournalMark, LinkClicks, MarkMove,
    Store,
};
use futures_util::FutureExt as _;

use crate::stores::{create, for_each_store, id, in_parallel, later, link, now};

const QUARTER: Duration = Duration::from_mins(15);

/// The bucket `quarters` quarters of an hour after the start of the current hour.
fn bucket(quarters: u32) -> Bucket {
    let first = Bucket::of(now()).first_of_hour();
    Bucket::of(first.start().plus(QUARTER * quarters))
}

fn humans(human: u64) -> ClickTotals {
    ClickTotals { human, ..ClickTotals::default() }
}

/// So many human clicks, the last of them at the end of the bucket.
pub(crate) fn clicks(number: u64, quarters: u32, human: u64) -> LinkClicks {
    let bucket = bucket(quarters);
    let last_at = bucket.start().plus(QUARTER).minus(Duration::from_millis(1));
    LinkClicks { link: id(number), bucket, totals: humans(human), last_at }
}

fn mark(records: u64) -> JournalMark {
    JournalMark { records, ..JournalMark::default() }
}

fn step(segment: u128, from: Option<u64>, to: u64) -> MarkMove {
    MarkMove { segment, from: from.map(mark), to: mark(to) }
}

fn batch(marks: &[MarkMove], clicks: &[LinkClicks]) -> ClickBatch {
    ClickBatch { marks: marks.to_vec(), clicks: clicks.to_vec(), losses: Vec::new() }
}

pub(crate) async fn all_buckets(store: &Store, number: u64) -> Vec<(Bucket, ClickTotals)> {
    let [from, to] = [i64::MIN, i64::MAX].map(Timestamp::from_millis);
    buckets(store, number, Span::around(from, to).unwrap()).await
}

async fn buckets(store: &Store, number: u64, span: Span) -> Vec<(Bucket, ClickTotals)> {
    let mut found = Vec::new();
    let each = |bucket, totals: &ClickTotals| found.push((bucket, *totals));
    store.each_click_bucket(id(number), span, each).await.unwrap();
    found
}

/// From the first of these quarters of an hour up to, not including, the second.
fn span(from: u32, to: u32) -> Span {
    Span::around(bucket(from).start(), bucket(to).start()).unwrap()
}

async fn totals(store: &Store, number: u64) -> ClickTotals {
    store.link(Access::All, id(number)).await.unwrap().unwrap().clicks
}

fn assert_moved(result: &Result<(), AddClicksError>) {
    assert!(matches!(result, Err(AddClicksError::MarkMoved)), "{result:?}");
}

#[tokio::test]
async fn clicks_are_added_by_class_link_and_time() {
    for_each_store(async |store| {
        create(store, &link(1, "a")).await;
        create(store, &link(2, "b")).await;
        let mut every_class = ClickTotals::default();
        for (times, class) in (1..).zip(ClickClass::ALL) {
            (0..times).for_each(|_| every_class.count(class));
        }
        let of_all = LinkClicks { totals: every_class, ..clicks(1, 0, 0) };
        let first = batch(&[], &[clicks(1, 1, 10), clicks(2, 0, 7), of_all]);
        store.add_clicks(first).await.unwrap();
        // An older click that arrives late is not the last one; rows of one bucket are added up.
        let second = batch(&[], &[clicks(1, 0, 1), clicks(1, 0, 2)]);
        store.add_clicks(second).await.unwrap();

        let old = ClickTotals { human: 4, ..every_class };
        assert_eq!(all_buckets(store, 1).await, [(bucket(0), old), (bucket(1), humans(10))]);
        assert_eq!(buckets(store, 1, span(1, 2)).await, [(bucket(1), humans(10))]);
        assert_eq!(buckets(store, 1, span(2, 9)).await, []);
        assert_eq!(store.clicks_within(id(1), span(0, 1)).await.unwrap(), old);
        assert_eq!(store.clicks_within(id(1), span(1, 9)).await.unwrap(), humans(10));
        assert_eq!(store.clicks_within(id(1), span(2, 9)).await.unwrap(), humans(0));
        assert_eq!(store.clicks_within(id(2), span(0, 9)).await.unwrap(), humans(7));
        let record = store.link(Access::All, id(1)).await.unwrap().unwrap();
        assert_eq!(record.clicks, ClickTotals { human: 14, ..every_class });
        assert_eq!(record.last_click_at, Some(clicks(1, 1, 0).last_at));
        assert_eq!(totals(store, 2).await, humans(7));
    })
    .await;
}

#[tokio::test]
async fn a_batch_sent_twice_counts_once() {
    for_each_store(async |store| {
        create(store, &link(1, "a")).await;
        let first = batch(&[step(7, None, 5)], &[clicks(1, 0, 5)]);
        store.add_clicks(first.clone()).await.unwrap();
        assert_moved(&store.add_clicks(first).await);
        let second = batch(&[step(7, Some(5), 8)], &[clicks(1, 0, 3)]);
        store.add_clicks(second.clone()).await.unwrap();
        assert_moved(&store.add_clicks(second).await);
        assert_eq!(totals(store, 1).await, humans(8));
        assert_eq!(store.journal_marks(&[7, 8]).await.unwrap(), HashMap::from([(7, mark(8))]));
    })
    .await;
}

/// One of several marks is elsewhere: nothing of the batch is written.
#[tokio::test]
async fn a_batch_that_is_refused_leaves_nothing() {
    for_each_store(async |store| {
        create(store, &link(1, "a")).await;
        store.add_clicks(batch(&[step(2, None, 5)], &[])).await.unwrap();
        let losses = vec![(bucket(0), ClickLosses { dropped: 1, lost: 1 })];
        for moved in [step(2, None, 6), step(2, Some(4), 6), step(9, Some(1), 2)] {
            let marks = vec![step(1, None, 3), moved, step(3, None, 3)];
            let refused =
                ClickBatch { losses: losses.clone(), ..batch(&marks, &[clicks(1, 0, 9)]) };
            assert_moved(&store.add_clicks(refused).await);
        }
        assert_eq!(totals(store, 1).await, humans(0));
        assert_eq!(all_buckets(store, 1).await, []);
        assert_eq!(store.click_losses(span(0, 1)).await.unwrap(), ClickLosses::default());
        let marks = store.journal_marks(&[1, 2, 3, 9]).await.unwrap();
        assert_eq!(marks, HashMap::from([(2, mark(5))]));
    })
    .await;
}

/// A step must match every field of the mark, and every field is read back.
#[tokio::test]
async fn a_mark_is_where_all_of_it_is() {
    for_each_store(async |store| {
        let here = JournalMark { records: 9, dropped: 4, lost: 2, finished_at: Some(now()) };
        let far = u128::MAX - 1;
        let first = MarkMove { segment: far, from: None, to: here };
        store.add_clicks(batch(&[first], &[])).await.unwrap();
        assert_eq!(store.journal_marks(&[far]).await.unwrap(), HashMap::from([(far, here)]));
        for elsewhere in [
            JournalMark { records: 8, ..here },
            JournalMark { dropped: 3, ..here },
            JournalMark { lost: 3, ..here },
        ] {
            let step = MarkMove { segment: far, from: Some(elsewhere), to: mark(20) };
            assert_moved(&store.add_clicks(batch(&[step], &[])).await);
        }
        // A copy that goes further than the one that was taken to be finished.
        let on =
            MarkMove { segment: far, from: Some(here), to: JournalMark { records: 12, ..here } };
        store.add_clicks(batch(&[on], &[])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_many_who_count_the_same_records_one_does() {
    for_each_store(async |store| {
        create(store, &link(1, "a")).await;
        for round in 0..5 {
            let from = (0 < round).then_some(round * 10);
            let same = batch(&[step(7, from, (round + 1) * 10)], &[clicks(1, 0, 10)]);
            let results = in_parallel((0..8).map(|_| store.add_clicks(same.clone()))).await;
            let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
            assert_eq!(won.len(), 1);
            lost.iter().for_each(assert_moved);
        }
        assert_eq!(totals(store, 1).await, humans(50));
    })
    .await;
}

/// Each drain has its own segment, and all have clicks of the same links, in any order. A test
/// inside the crate checks that no batch has to run again.
#[tokio::test]
async fn batches_with_the_same_links_add_up_side_by_side() {
    const LINKS: u64 = 300;
    const BATCHES: u32 = 24;
    for_each_store(async |store| {
        for number in 1..=LINKS {
            create(store, &link(number, &format!("code{number}"))).await;
        }
        let batches = (0..BATCHES).map(|turn| {
            let mut rows: Vec<_> = (1..=LINKS).map(|number| clicks(number, turn % 2, 1)).collect();
            let middle = turn as usize * 37 % rows.len();
            rows.rotate_left(middle);
            if turn % 3 == 0 {
                rows.reverse();
            }
            let losses = vec![(bucket(turn % 2), ClickLosses { dropped: 1, lost: 2 })];
            let marks = [step(turn.into(), None, LINKS)];
            store.add_clicks(ClickBatch { losses, ..batch(&marks, &rows) })
        });
        for result in in_parallel(batches).await {
            result.unwrap();
        }
        for number in 1..=LINKS {
            assert_eq!(totals(store, number).await, humans(BATCHES.into()), "{number}");
        }
        let half = u64::from(BATCHES / 2);
        let each = ClickLosses { dropped: half, lost: 2 * half };
        for quarters in 0..2 {
            let losses = store.click_losses(span(quarters, quarters + 1)).await.unwrap();
            assert_eq!(losses, each, "{quarters}");
        }
        let both = ClickLosses { dropped: 2 * half, lost: 4 * half };
        assert_eq!(store.click_losses(span(0, 9)).await.unwrap(), both);
    })
    .await;
}

#[tokio::test]
async fn the_longest_batch_is_counted_whole() {
    for_each_store(async |store| {
        let links = u64::try_from(CLICK_ROWS_MAX).unwrap();
        for first in [1, 2, 1] {
            let rows: Vec<_> = (first..first + links).map(|number| clicks(number, 3, 2)).collect();
            store.add_clicks(batch(&[], &rows)).await.unwrap();
        }
        for (number, human) in [(1, 4), (2, 6), (links, 6), (links + 1, 2)] {
            assert_eq!(all_buckets(store, number).await, [(bucket(3), humans(human))], "{number}");
        }
    })
    .await;
}

/// More than one slice of buckets, some of them full hours; and only the link's own.
#[tokio::test]
async fn a_long_time_is_read_whole_and_in_order() {
    const QUARTERS: u32 = 6_543;
    for_each_store(async |store| {
        let counted: Vec<u32> = (0..QUARTERS).filter(|quarters| quarters % 7 != 3).collect();
        for slice in counted.chunks(CLICK_ROWS_MAX) {
            let rows: Vec<_> = slice.iter().map(|n| clicks(1, *n, u64::from(*n) + 1)).collect();
            store.add_clicks(batch(&[], &rows)).await.unwrap();
            let rows: Vec<_> = slice.iter().map(|n| clicks(2, *n, 1)).collect();
            store.add_clicks(batch(&[], &rows)).await.unwrap();
        }
        let expected = counted.iter().map(|n| (bucket(*n), humans(u64::from(*n) + 1)));
        let expected: Vec<_> = expected.collect();
        assert_eq!(all_buckets(store, 1).await, expected);
        let some = buckets(store, 1, span(5, 5_001)).await;
        let within = |(at, _): &&(Bucket, ClickTotals)| bucket(5) <= *at && *at < bucket(5_001);
        assert_eq!(some, expected.iter().filter(within).copied().collect::<Vec<_>>());
        let sum = some.iter().map(|(_, totals)| totals.human).sum();
        assert_eq!(store.clicks_within(id(1), span(5, 5_001)).await.unwrap(), humans(sum));
    })
    .await;
}

/// Buckets rolled up between two slices are neither read twice nor skipped.
#[tokio::test]
async fn folding_while_a_long_time_is_read_changes_no_sum() {
    const HOURS: u32 = 1_990;
    const QUARTERS: u32 = 64;
    for_each_store(async |store| {
        // The first slice ends among the quarters of an hour that follow the hours.
        let old = (0..HOURS).map(|hour| 4 * hour);
        let new = 4 * HOURS..4 * HOURS + QUARTERS;
        let rows: Vec<_> = old.chain(new).map(|quarters| clicks(1, quarters, 1)).collect();
        for rows in rows.chunks(CLICK_ROWS_MAX) {
            store.add_clicks(batch(&[], rows)).await.unwrap();
        }
        let read = async {
            loop {
                let found = all_buckets(store, 1).await;
                let sum: u64 = found.iter().map(|(_, totals)| totals.human).sum();
                assert_eq!(sum, u64::from(HOURS + QUARTERS));
                if u32::try_from(found.len()).unwrap() == HOURS + QUARTERS / 4 {
                    break;
                }
            }
        };
        let fold = store.roll_up_click_buckets(None, bucket(4 * HOURS + QUARTERS).start());
        let ((), folded) = futures_util::join!(read, fold);
        assert_eq!(folded.unwrap(), u64::from(QUARTERS) * 3 / 4);
    })
    .await;
}

#[tokio::test]
async fn marks_of_many_segments_are_read() {
    for_each_store(async |store| {
        let marks: Vec<_> = (0..1_234).map(|segment| step(segment << 80, None, 3)).collect();
        store.add_clicks(batch(&marks, &[])).await.unwrap();
        let segments: Vec<u128> = (0..2_000).map(|segment| segment << 80).collect();
        let read = store.journal_marks(&segments).await.unwrap();
        assert_eq!(read.len(), 1_234);
        assert!(marks.iter().all(|step| read[&step.segment] == step.to));
        assert_eq!(store.journal_marks(&[]).await.unwrap(), HashMap::new());
    })
    .await;
}

#[tokio::test]
async fn marks_are_forgotten_long_after_their_end() {
    for_each_store(async |store| {
        let ended = |at| JournalMark { finished_at: at, ..mark(1) };
        let marks = [None, Some(later(1)), Some(later(2)), Some(later(3))];
        let marks: Vec<_> = (0..)
            .zip(marks)
            .map(|(segment, at)| MarkMove { segment, from: None, to: ended(at) })
            .collect();
        store.add_clicks(batch(&marks, &[])).await.unwrap();
        assert_eq!(store.prune_journal_marks(now()).await.unwrap(), 0);
        assert_eq!(store.prune_journal_marks(later(2)).await.unwrap(), 2);
        let left = store.journal_marks(&[0, 1, 2, 3]).await.unwrap();
        assert_eq!(left, HashMap::from([(0, ended(None)), (3, ended(Some(later(3))))]));
    })
    .await;
}

#[tokio::test]
async fn old_buckets_are_added_up_by_the_hour() {
    for_each_store(async |store| {
        let quarters = [(0, 1), (1, 2), (3, 4), (4, 8), (5, 16), (9, 32), (12, 64), (13, 128)];
        for number in 1..=2 {
            let rows = quarters.map(|(quarters, human)| clicks(number, quarters, human * number));
            store.add_clicks(batch(&[], &rows)).await.unwrap();
        }
        // In the middle of the last of these hours, which therefore is not rolled up.
        let until = bucket(14).start();
        assert_eq!(store.roll_up_click_buckets(None, until).await.unwrap(), 8);
        for number in 1..=2 {
            let expected = [(0, 7), (4, 24), (8, 32), (12, 64), (13, 128)];
            let expected =
                expected.map(|(quarters, human)| (bucket(quarters), humans(human * number)));
            assert_eq!(all_buckets(store, number).await, expected);
        }
        assert_eq!(store.roll_up_click_buckets(None, until).await.unwrap(), 0);

        store.add_clicks(batch(&[], &[clicks(1, 1, 1_000)])).await.unwrap();
        assert_eq!(
            store.roll_up_click_buckets(Some(until), until).await.unwrap(),
            0,
            "done before"
        );
        assert_eq!(store.roll_up_click_buckets(None, until).await.unwrap(), 1, "what comes late");
        assert_eq!(all_buckets(store, 1).await[0], (bucket(0), humans(1_007)));
    })
    .await;
}

/// Two nodes roll up buckets while drains of old journals add to the same buckets.
#[tokio::test]
async fn folding_beside_drains_loses_nothing() {
    const LINKS: u64 = 40;
    const ROUNDS: u32 = 12;
    for_each_store(async |store| {
        let until = bucket(8).start();
        let work = (0..ROUNDS).flat_map(|round| {
            let rows: Vec<_> = (1..=LINKS)
                .flat_map(|number| [clicks(number, round % 4, 1), clicks(number, 0, 1)])
                .collect();
            let add = async move {
                store.add_clicks(batch(&[], &rows)).await.unwrap();
            }
            .boxed();
            let fold = async move {
                store.roll_up_click_buckets(None, until).await.unwrap();
            }
            .boxed();
            [add, fold]
        });
        in_parallel(work).await;
        store.roll_up_click_buckets(None, until).await.unwrap();
        for number in 1..=LINKS {
            assert_eq!(
                all_buckets(store, number).await,
                [(bucket(0), humans(2 * u64::from(ROUNDS)))]
            );
        }
    })
    .await;
}
