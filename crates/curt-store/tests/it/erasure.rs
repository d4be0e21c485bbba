//! Erasing links that were deleted long ago: only the code is left of them.

use curt_domain::{Access, Caller, Link, LinkEdit, MaxClicks, Title};
use curt_store::{ClickBatch, CreateLinkError, EditLinkError, ExpectedRevision, LinkSort};

use crate::{
    clicks::{all_buckets, clicks},
    lists::query,
    stores::{create, for_each_store, id, later, link, now, tags},
};

#[tokio::test]
async fn erasing_takes_what_was_deleted_before_and_nothing_else() {
    for_each_store(async |store| {
        for number in 1..=5 {
            create(store, &link(number, &format!("code{number}"))).await;
        }
        for (number, deleted_at) in [(1, 30), (2, 10), (3, 20)] {
            store
                .delete_link(&Caller::SYSTEM, id(number), ExpectedRevision::Any, later(deleted_at))
                .await
                .unwrap();
        }
        store.delete_link(&Caller::SYSTEM, id(4), ExpectedRevision::Any, later(5)).await.unwrap();
        store.restore_link(&Caller::SYSTEM, id(4), ExpectedRevision::Any, later(6)).await.unwrap();

        assert_eq!(store.erase_deleted(later(10), 100).await.unwrap(), 0);
        assert_eq!(store.erase_deleted(later(30), 1).await.unwrap(), 1);
        assert_eq!(store.erase_deleted(later(30), 100).await.unwrap(), 1);
        assert_eq!(store.erase_deleted(later(30), 100).await.unwrap(), 0);
        for erased in [2, 3] {
            let restored = store
                .restore_link(&Caller::SYSTEM, id(erased), ExpectedRevision::Any, later(40))
                .await;
            assert!(matches!(restored, Err(EditLinkError::NotFound)), "{restored:?}");
        }
        assert!(
            store
                .restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(40))
                .await
                .is_ok()
        );
        assert!(store.link(Access::All, id(4)).await.unwrap().is_some());
        assert!(store.link(Access::All, id(5)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn nothing_of_an_erased_link_can_be_found() {
    for_each_store(async |store| {
        let secret = Link {
            title: Some(Title::parse("secret").unwrap()),
            tags: tags(&["secret"]),
            max_clicks: MaxClicks::new(1),
            ..link(1, "abc")
        };
        create(store, &secret).await;
        let edit = LinkEdit { title: Some(None), ..LinkEdit::default() };
        store.edit_link(&Caller::SYSTEM, id(1), edit, ExpectedRevision::Any, now()).await.unwrap();
        let batch =
            ClickBatch { clicks: vec![clicks(1, 0, 5), clicks(2, 0, 5)], ..ClickBatch::default() };
        store.add_clicks(batch).await.unwrap();
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, now()).await.unwrap();
        assert_eq!(store.erase_deleted(later(1), 100).await.unwrap(), 1);

        assert_eq!(all_buckets(store, 1).await, []);
        assert_eq!(all_buckets(store, 2).await.len(), 1, "another's");
        assert_eq!(store.link(Access::All, id(1)).await.unwrap(), None);
        assert_eq!(store.route(&secret.code).await.unwrap(), None);
        assert_eq!(store.link_versions(Access::All, id(1), None, 50).await.unwrap(), None);
        assert!(!store.use_click(id(1), secret.max_clicks.unwrap()).await.unwrap());
        for sort in [LinkSort::CreatedAt, LinkSort::Clicks, LinkSort::ShortCode] {
            assert_eq!(store.links(Access::All, &query(sort), now()).await.unwrap().items, []);
        }
        let mut by_tag = query(LinkSort::CreatedAt);
        by_tag.tag = tags(&["secret"]).pop();
        assert_eq!(store.links(Access::All, &by_tag, now()).await.unwrap().items, []);
    })
    .await;
}

/// The code of a printed link must never lead elsewhere: no other user can take it.
#[tokio::test]
async fn slug_05_a_code_stays_taken_after_deletion_and_erasure() {
    for_each_store(async |store| {
        create(store, &link(1, "printed")).await;
        let take =
            async |number| store.create_link(&Caller::SYSTEM, link(number, "printed"), None).await;
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, now()).await.unwrap();
        let deleted = take(2).await;
        assert!(matches!(deleted, Err(CreateLinkError::CodeTaken)), "{deleted:?}");
        assert_eq!(store.erase_deleted(later(1), 100).await.unwrap(), 1);
        let erased = take(3).await;
        assert!(matches!(erased, Err(CreateLinkError::CodeTaken)), "{erased:?}");
        assert_eq!(store.route(&"printed".parse().unwrap()).await.unwrap(), None);
    })
    .await;
}
