//! How SQLite finds links: never by looking at all of them.

use super::*;
use crate::{Engine, db::explain, tests::for_each_store};

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
async fn a_page_of_deleted_links_reads_along_their_key() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            let plan = explain::query_plan(&store.db, deletions::LATEST_FIRST).await;
            // The page is there in its order before anything is joined to it: nothing is sorted.
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
