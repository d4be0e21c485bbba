//! How SQLite finds links: never by reading all of them.

use curt_domain::{Bucket, ClickTotals, LinkId, Timestamp};

use super::*;
use crate::{
    ClickBatch, Engine, LinkClicks,
    db::explain,
    links::erasure::{BUCKETS_AT_ONCE, DELETE_BUCKETS, Deletion, LAST_OF_SLICE, erase_slice},
    tests::for_each_store,
};

#[tokio::test]
async fn a_redirect_is_one_search_in_the_unique_index() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            let plan = explain::query_plan(&store.db, ROUTE).await;
            let expected = "SEARCH links USING INDEX links_by_code (domain_id=? AND code=?)";
            assert_eq!(plan, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn erasing_looks_at_deleted_links_only() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            let plan = explain::query_plan(&store.db, erasure::DUE).await;
            assert_eq!(plan, "SEARCH deleted_links USING PRIMARY KEY (deleted_at<?)");
        }
    })
    .await;
}

#[tokio::test]
async fn many_buckets_of_a_link_are_erased_in_slices() {
    for_each_store(async |store| {
        let (id, at) = (LinkId::new(1).unwrap(), Timestamp::from_millis(1_800_000_000_000));
        let deletion = Deletion { id, at };
        let totals = ClickTotals { human: 1, ..ClickTotals::default() };
        let quarter = |n| Bucket::of(at.plus(std::time::Duration::from_mins(15 * n)));
        let click = |n| LinkClicks { link: id, bucket: quarter(n), totals, last_at: at };
        let slice = u64::from(BUCKETS_AT_ONCE);
        for clicks in [0..slice, slice..slice + 7] {
            let clicks = clicks.map(click).collect();
            store.add_clicks(ClickBatch { clicks, ..ClickBatch::default() }).await.unwrap();
        }
        let erase = async || {
            let erased = store.db.transaction("erase_buckets", deletion.clone(), erase_slice);
            erased.await.unwrap()
        };
        assert_eq!(erase().await, 0, "restored meanwhile");
        store.db.execute(erasure::SCHEDULE, &[at.into(), id.into()]).await.unwrap();
        for expected in [slice, 7, 0] {
            assert_eq!(erase().await, expected);
        }
        if store.engine() == Engine::Sqlite {
            for sql in [LAST_OF_SLICE, DELETE_BUCKETS] {
                let plan = explain::query_plan(&store.db, sql).await;
                assert!(
                    plan.contains("SEARCH click_buckets USING PRIMARY KEY (link_id=?"),
                    "{plan}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_deleted_links_reads_along_their_key() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            let plan = explain::query_plan(&store.db, deletions::LATEST_FIRST).await;
            // The page is read in its order before anything is joined to it: nothing is sorted.
            insta::assert_snapshot!(plan, @"
            CO-ROUTINE latest
            SEARCH deleted_links USING PRIMARY KEY (deleted_at>? AND deleted_at<?)
            SCAN latest
            SEARCH links USING INTEGER PRIMARY KEY (rowid=?)
            SEARCH link_totals USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
            SEARCH link_limits USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
            ");
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_is_found_by_its_code_through_the_unique_index() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            let plan = explain::query_plan(&store.db, SELECT_BY_CODE).await;
            let expected = "SEARCH links USING INDEX links_by_code (domain_id=? AND code=?)";
            assert_eq!(plan.lines().next(), Some(expected));
        }
    })
    .await;
}
