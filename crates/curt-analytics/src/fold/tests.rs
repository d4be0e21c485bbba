use std::net::IpAddr;

use curt_domain::{ClickClass, ClickQuery, Privacy};

use super::*;

fn click(link: u64, millis: i64) -> Click<'static> {
    Click {
        link: LinkId::new(link).unwrap(),
        at: Timestamp::from_millis(millis),
        decided: None,
        client: IpAddr::from([192, 0, 2, 1]),
        privacy: Privacy::default(),
        user_agent: b"Mozilla/5.0 Firefox/133.0",
        referrer: b"",
        language: b"",
        query: ClickQuery::default(),
    }
}

#[test]
fn clicks_add_up_by_link_and_bucket() {
    let now = Timestamp::from_millis(1_760_000_000_000);
    let mut fold = Fold::default();
    for millis in [5, 7, 6, 900_000] {
        fold.count(&click(1, millis), now);
    }
    fold.count(&Click { decided: Some(ClickClass::Prefetch), ..click(1, 4) }, now);
    fold.count(&Click { user_agent: b"curl/8.5.0", ..click(2, -1) }, now);
    assert_eq!(fold.len(), 3);
    let (mut rows, losses) = fold.take();
    rows.sort_by_key(|row| (row.link, row.bucket));
    let sums: Vec<_> = rows
        .iter()
        .map(|row| {
            let ClickTotals { human, bot, prefetch, .. } = row.totals;
            let [start, last] = [row.bucket.start(), row.last_at].map(Timestamp::as_millis);
            (row.link.get(), start, [human, bot, prefetch], last)
        })
        .collect();
    let expected =
        [(1, 0, [3, 0, 1], 7), (1, 900_000, [1, 0, 0], 900_000), (2, -900_000, [0, 1, 0], -1)];
    assert_eq!(sums, expected);
    assert_eq!(losses, []);
    assert_eq!(fold.len(), 0);
}

#[test]
fn a_click_from_the_future_counts_as_of_now() {
    let now = Timestamp::from_millis(1_760_000_000_000);
    let mut fold = Fold::default();
    assert_eq!(fold.count(&click(1, i64::MAX), now), now);
    assert_eq!(fold.take().0[0].bucket, Bucket::of(now));
}

#[test]
fn losses_add_up_by_bucket() {
    let mut fold = Fold::default();
    let at = Timestamp::from_millis(1);
    fold.miss(at, ClickLosses { dropped: 1, lost: 0 });
    fold.miss(at, ClickLosses { dropped: 2, lost: 5 });
    fold.miss(at, ClickLosses::default());
    assert_eq!(fold.take().1, [(Bucket::of(at), ClickLosses { dropped: 3, lost: 5 })]);
}
