//! How SQLite finds what it adds up.

use crate::{Engine, db::explain, tests::for_each_store};

#[tokio::test]
async fn old_buckets_are_found_through_their_index() {
    for_each_store(async |store| {
        if store.engine() == Engine::Sqlite {
            for sql in super::buckets::FOLDING {
                let plan = explain::query_plan(&store.db, *sql).await;
                assert!(plan.contains("INDEX click_buckets_by_time (at"), "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    })
    .await;
}
