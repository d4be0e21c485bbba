//! Blocks of ids.

use crate::stores::{create, for_each_store, in_parallel, link, tags};

#[tokio::test]
async fn blocks_follow_one_another_from_1() {
    for_each_store(async |store| {
        assert_eq!(store.reserve_ids(10).await.unwrap(), 1..11);
        assert_eq!(store.reserve_ids(1).await.unwrap(), 11..12);
        // Tags have a separate sequence of ids.
        create(store, &curt_domain::Link { tags: tags(&["a", "b"]), ..link(1, "abc") }).await;
        assert_eq!(store.reserve_ids(1_000).await.unwrap(), 12..1_012);
    })
    .await;
}

#[tokio::test]
async fn no_id_is_reserved_twice() {
    for_each_store(async |store| {
        let blocks = in_parallel((0..40).map(|_| store.reserve_ids(3))).await;
        let mut ids: Vec<u64> = blocks.into_iter().flat_map(Result::unwrap).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=120).collect::<Vec<u64>>());
    })
    .await;
}
