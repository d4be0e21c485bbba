//! Counting a journal that no server uses, or beside one that does.

use curt_analytics::replay;

use crate::{
    journals::{TestJournal, damage},
    stores::{clock, counted, for_each_store},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_can_be_replayed_any_number_of_times() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(5_000);
        journal.journal().close();
        damage(&journal.segments()[0], 2_000);
        let before = journal.segments();
        let mut steps = Vec::new();
        let first = replay(store.clone(), journal.directory(), clock(), |counted| {
            steps.push(counted);
        })
        .await
        .unwrap();
        assert_eq!((first.counted, first.counted_before, first.lost), (4_999, 0, 1));
        assert_eq!(steps.last(), Some(&4_999));
        let again = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((again.counted, again.counted_before, again.lost), (0, 4_999, 1));
        assert_eq!(again.left, []);
        assert_eq!(counted(store).await, 4_999);
        assert_eq!(journal.segments(), before, "nothing is removed");
        assert_eq!(journal.damaged(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_in_use_can_be_replayed() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(300);
        let live = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((live.counted, live.counted_before), (300, 0));
        journal.append(40);
        let live = replay(store.clone(), journal.directory(), clock(), |_| {}).await.unwrap();
        assert_eq!((live.counted, live.counted_before), (40, 300));
        journal.append(2);
        journal.drain(store).await;
        assert_eq!(counted(store).await, 342);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_a_journal_has_nothing_to_count() {
    for_each_store(async |store, _| {
        let home = tempfile::tempdir().unwrap();
        let replayed =
            replay(store.clone(), home.path().join("none"), clock(), |_| {}).await.unwrap();
        assert_eq!((replayed.counted, replayed.counted_before), (0, 0));
    })
    .await;
}
