//! Reading the changes feed and deleting its oldest part.

use curt_domain::{Access, Caller, LinkEdit, Title};
use curt_store::{Changes, ExpectedRevision, Store};

use crate::stores::{create, for_each_store, id, in_parallel, later, link, now};

/// Makes change number `number`, at `number` milliseconds from now.
async fn change(store: &Store, number: u64) {
    let title = Title::parse(&number.to_string()).unwrap();
    let edit = LinkEdit { title: Some(Some(title)), ..LinkEdit::default() };
    store
        .edit_link(&Caller::SYSTEM, id(1), edit, ExpectedRevision::Any, later(number))
        .await
        .unwrap();
}

/// The numbers that were read, and where to continue.
async fn numbers_after(store: &Store, seq: u64, limit: u32) -> Option<(Vec<u64>, u64)> {
    match store.changes_after(seq, limit).await.unwrap() {
        Changes::Next { changes, seq } => {
            Some((changes.iter().map(|change| change.seq).collect(), seq))
        }
        Changes::TooFarBehind => None,
    }
}

#[tokio::test]
async fn changes_are_read_in_order_and_in_pages() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        assert_eq!(numbers_after(store, 0, 10).await, Some((vec![], 0)));
        for number in 1..=5 {
            change(store, number).await;
        }
        assert_eq!(store.newest_change().await.unwrap(), 5);
        assert_eq!(numbers_after(store, 0, 2).await, Some((vec![1, 2], 2)));
        assert_eq!(numbers_after(store, 2, 2).await, Some((vec![3, 4], 4)));
        assert_eq!(numbers_after(store, 4, u32::MAX).await, Some((vec![5], 5)));
        assert_eq!(numbers_after(store, 5, 2).await, Some((vec![], 5)));
        assert_eq!(numbers_after(store, 3, 0).await, Some((vec![4], 4)));
    })
    .await;
}

#[tokio::test]
async fn whoever_missed_forgotten_changes_is_told() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        for number in 1..=5 {
            change(store, number).await;
        }
        assert_eq!(store.prune_changes(now()).await.unwrap(), 0);
        assert_eq!(store.prune_changes(later(3)).await.unwrap(), 3);
        assert_eq!(numbers_after(store, 2, 10).await, None);
        assert_eq!(numbers_after(store, 2, 0).await, None);
        assert_eq!(numbers_after(store, 3, 10).await, Some((vec![4, 5], 5)));
        assert_eq!(store.prune_changes(later(100)).await.unwrap(), 2);
        assert_eq!(store.prune_changes(later(100)).await.unwrap(), 0);
        // When no row is left, the counter still has the newest number.
        assert_eq!(numbers_after(store, 4, 10).await, None);
        assert_eq!(numbers_after(store, 5, 10).await, Some((vec![], 5)));
        assert_eq!(store.newest_change().await.unwrap(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_number_from_the_future_means_another_past() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        change(store, 1).await;
        assert_eq!(numbers_after(store, 2, 10).await, None);
        assert_eq!(numbers_after(store, i64::MAX.cast_unsigned(), 10).await, None);
    })
    .await;
}

#[tokio::test]
async fn forgetting_leaves_no_gaps_when_clocks_differ() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        for millis in [1, 50, 2] {
            change(store, millis).await;
        }
        assert_eq!(store.prune_changes(later(10)).await.unwrap(), 1);
        assert_eq!(numbers_after(store, 1, 10).await, Some((vec![2, 3], 3)));
    })
    .await;
}

#[tokio::test]
async fn parallel_edits_are_numbered_without_gaps() {
    for_each_store(async |store| {
        for number in 1..=10 {
            create(store, &link(number, &format!("code{number}"))).await;
        }
        let edits = (0..40).map(|number| {
            let title = Title::parse(&format!("title {number}")).unwrap();
            let edit = LinkEdit { title: Some(Some(title)), ..LinkEdit::default() };
            store.edit_link(
                &Caller::SYSTEM,
                id(1 + number % 10),
                edit,
                ExpectedRevision::Any,
                now(),
            )
        });
        for result in in_parallel(edits).await {
            result.unwrap();
        }
        let expected = ((1..=40).collect(), 40);
        assert_eq!(numbers_after(store, 0, 100).await, Some(expected));
        for number in 1..=10 {
            assert_eq!(
                store.link(Access::All, id(number)).await.unwrap().unwrap().link.revision,
                5
            );
        }
    })
    .await;
}
