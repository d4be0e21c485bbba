//! Finding deleted links while they can be restored, and finding any link by its code.

use curt_domain::{Access, Caller, Link, LinkRecord, LinkStatus, MaxClicks};
use curt_store::{Cursor, ExpectedRevision, LinkSort, ListError, RESTORE_WINDOW, Store};

use crate::{
    lists::query,
    stores::{create, for_each_store, id, later, link, now, tags},
};

/// Codes of all deleted links, read in pages of `limit`.
async fn walk(store: &Store, limit: u32) -> Vec<String> {
    let mut codes = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page =
            store.deleted_links(Access::All, later(100), limit, cursor.as_ref()).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        codes.extend(page.items.iter().map(|record| record.link.code.to_string()));
        let Some(next) = page.next else { return codes };
        cursor = Some(next.to_string().parse().unwrap());
    }
}

fn status(record: &LinkRecord) -> LinkStatus {
    record.status(later(100))
}

#[tokio::test]
async fn deleted_links_are_listed_by_their_latest_deletion() {
    for_each_store(async |store| {
        for (number, code) in [(1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "kept")] {
            create(store, &link(number, code)).await;
        }
        // Two at the same time: the higher id comes first.
        for (number, deleted_at) in [(1, 30), (2, 10), (3, 20), (4, 20)] {
            store
                .delete_link(&Caller::SYSTEM, id(number), ExpectedRevision::Any, later(deleted_at))
                .await
                .unwrap();
        }
        for limit in 1..=5 {
            assert_eq!(walk(store, limit).await, ["one", "four", "three", "two"], "{limit}");
        }
        store.restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(40)).await.unwrap();
        assert_eq!(store.erase_deleted(later(11), 10).await.unwrap(), 1);
        assert_eq!(walk(store, 5).await, ["four", "three"]);
    })
    .await;
}

#[tokio::test]
async fn what_can_no_longer_be_restored_is_not_listed() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, now()).await.unwrap();
        let last = now().plus(RESTORE_WINDOW);
        assert_eq!(store.deleted_links(Access::All, last, 10, None).await.unwrap().items.len(), 1);
        let too_late = later(1).plus(RESTORE_WINDOW);
        assert_eq!(store.deleted_links(Access::All, too_late, 10, None).await.unwrap().items, []);
    })
    .await;
}

#[tokio::test]
async fn cursors_of_links_and_of_deleted_links_are_not_for_each_other() {
    for_each_store(async |store| {
        for (number, code) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
            create(store, &link(number, code)).await;
        }
        for number in [1, 2] {
            store
                .delete_link(&Caller::SYSTEM, id(number), ExpectedRevision::Any, now())
                .await
                .unwrap();
        }
        let mut list = query(LinkSort::CreatedAtDesc);
        list.limit = 1;
        let of_links = store.links(Access::All, &list, now()).await.unwrap().next;
        let of_deleted = store.deleted_links(Access::All, now(), 1, None).await.unwrap().next;

        let refused = store.deleted_links(Access::All, now(), 1, of_links.as_ref()).await;
        assert!(matches!(refused, Err(ListError::InvalidCursor(_))), "{refused:?}");
        list.cursor = of_deleted;
        let refused = store.links(Access::All, &list, now()).await;
        assert!(matches!(refused, Err(ListError::InvalidCursor(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_code_finds_its_link_until_that_is_erased() {
    for_each_store(async |store| {
        let rich =
            Link { tags: tags(&["a", "b"]), max_clicks: MaxClicks::new(2), ..link(1, "Printed") };
        create(store, &rich).await;
        create(store, &link(2, "other")).await;
        store.use_click(id(1), rich.max_clicks.unwrap()).await.unwrap();

        let found = store.link_by_code(Access::All, &rich.code).await.unwrap().unwrap();
        assert_eq!(
            (&found.link, found.used_clicks, status(&found)),
            (&rich, 1, LinkStatus::Active)
        );
        for absent in ["printed", "nothing"] {
            assert_eq!(
                store.link_by_code(Access::All, &absent.parse().unwrap()).await.unwrap(),
                None
            );
        }

        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(10)).await.unwrap();
        let deleted = store.link_by_code(Access::All, &rich.code).await.unwrap().unwrap();
        assert_eq!(
            (deleted.link.deleted_at, status(&deleted)),
            (Some(later(10)), LinkStatus::Deleted)
        );
        assert_eq!(deleted.link.tags, rich.tags);
        assert_eq!(store.link(Access::All, id(1)).await.unwrap(), None);

        assert_eq!(store.erase_deleted(later(11), 10).await.unwrap(), 1);
        assert_eq!(store.link_by_code(Access::All, &rich.code).await.unwrap(), None);
    })
    .await;
}
