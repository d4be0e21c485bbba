//! Editing, deleting and restoring: revisions, versions, and what stays unchanged.

use std::time::Duration;

use curt_domain::{
    Access, Caller, Link, LinkEdit, MaxClicks, Note, PasswordHash, RedirectStatus, Switch,
    Timestamp, Title,
};
use curt_store::{
    Change, ChangeKind, Changes, EditLinkError, ExpectedRevision, RESTORE_WINDOW, Store,
};

use crate::stores::{create, for_each_store, id, later, link, now, route, tags, target};

fn retitled(title: &str) -> LinkEdit {
    LinkEdit { title: Some(Some(Title::parse(title).unwrap())), ..LinkEdit::default() }
}

/// Everything that an edit can set.
fn full_edit() -> LinkEdit {
    LinkEdit {
        target: Some(target("https://example.org/new")),
        title: Some(Some(Title::parse("New").unwrap())),
        note: Some(Some(Note::parse("noted").unwrap())),
        tags: Some(tags(&["b", "c"])),
        redirect_status: Some(RedirectStatus::MovedPermanently301),
        forward_query: Some(true),
        valid_from: Some(Some(later(10))),
        expires_at: Some(Some(later(20))),
        max_clicks: Some(MaxClicks::new(3)),
        password: Some(Some(PasswordHash::new("$argon2id$v=19$…"))),
        fallback: Some(Some(target("https://example.org/over"))),
        switch: Some(Switch::Disabled),
    }
}

async fn link_of(store: &Store, number: u64) -> Link {
    store.link(Access::All, id(number)).await.unwrap().unwrap().link
}

async fn versions_of(store: &Store, number: u64) -> Vec<(Link, Timestamp)> {
    let versions = store.link_versions(Access::All, id(number), None, 50).await.unwrap().unwrap();
    versions.into_iter().map(|version| (version.link, version.replaced_at)).collect()
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_keeps_what_it_replaced() {
    for_each_store(async |store| {
        let first = Link { tags: tags(&["a", "b"]), ..link(1, "abc") };
        create(store, &first).await;
        let second = store
            .edit_link(&Caller::SYSTEM, id(1), full_edit(), ExpectedRevision::Any, later(1))
            .await
            .unwrap();
        assert_eq!(second.link, first.edited(&full_edit(), later(1)).unwrap());
        assert_eq!(second.link.revision, 2);
        assert_eq!(store.link(Access::All, id(1)).await.unwrap(), Some(second.clone()));
        assert_eq!(store.route(&first.code).await.unwrap(), Some(route(&second.link)));

        let third = store
            .edit_link(
                &Caller::SYSTEM,
                id(1),
                retitled("Third"),
                ExpectedRevision::OneOf(vec![2]),
                later(2),
            )
            .await
            .unwrap();
        assert_eq!(third.link.tags, second.link.tags);
        let versions = versions_of(store, 1).await;
        assert_eq!(versions, [(second.link, later(2)), (first, later(1))]);
    })
    .await;
}

#[tokio::test]
async fn clearing_and_enabling_are_edits_too() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        store
            .edit_link(&Caller::SYSTEM, id(1), full_edit(), ExpectedRevision::Any, later(1))
            .await
            .unwrap();
        let clear = LinkEdit {
            title: Some(None),
            note: Some(None),
            tags: Some(Vec::new()),
            valid_from: Some(None),
            expires_at: Some(None),
            max_clicks: Some(None),
            password: Some(None),
            fallback: Some(None),
            switch: Some(Switch::Active),
            ..LinkEdit::default()
        };
        store
            .edit_link(&Caller::SYSTEM, id(1), clear, ExpectedRevision::Any, later(2))
            .await
            .unwrap();
        let cleared = Link {
            target: target("https://example.org/new"),
            redirect_status: RedirectStatus::MovedPermanently301,
            forward_query: true,
            revision: 3,
            updated_at: later(2),
            ..link(1, "abc")
        };
        assert_eq!(link_of(store, 1).await, cleared);
    })
    .await;
}

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing() {
    for_each_store(async |store| {
        let before = Link { tags: tags(&["a"]), ..link(1, "abc") };
        create(store, &before).await;
        let same = LinkEdit {
            target: Some(before.target.clone()),
            tags: Some(before.tags.clone()),
            title: Some(None),
            switch: Some(Switch::Active),
            ..LinkEdit::default()
        };
        let record = store
            .edit_link(&Caller::SYSTEM, id(1), same, ExpectedRevision::OneOf(vec![1]), later(1))
            .await
            .unwrap();
        assert_eq!(record.link, before);
        assert_eq!(link_of(store, 1).await, before);
        assert_eq!(versions_of(store, 1).await, []);
        assert_eq!(store.newest_change().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn refused_edits_change_nothing() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let missing = store
            .edit_link(&Caller::SYSTEM, id(2), retitled("x"), ExpectedRevision::Any, later(1))
            .await;
        assert!(matches!(missing, Err(EditLinkError::NotFound)), "{missing:?}");
        for expected in [0, 2, u64::MAX] {
            let stale = store
                .edit_link(
                    &Caller::SYSTEM,
                    id(1),
                    retitled("x"),
                    ExpectedRevision::OneOf(vec![expected]),
                    later(1),
                )
                .await;
            assert!(matches!(stale, Err(EditLinkError::RevisionMismatch)), "{stale:?}");
            let stale = store
                .delete_link(
                    &Caller::SYSTEM,
                    id(1),
                    ExpectedRevision::OneOf(vec![expected]),
                    later(1),
                )
                .await;
            assert!(matches!(stale, Err(EditLinkError::RevisionMismatch)), "{stale:?}");
        }
        let upside_down = LinkEdit {
            valid_from: Some(Some(later(2))),
            expires_at: Some(Some(later(1))),
            ..LinkEdit::default()
        };
        let dates = store
            .edit_link(&Caller::SYSTEM, id(1), upside_down, ExpectedRevision::Any, later(1))
            .await;
        assert!(matches!(dates, Err(EditLinkError::Dates(_))), "{dates:?}");
        assert_eq!(link_of(store, 1).await, link(1, "abc"));
        assert_eq!(store.newest_change().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn edits_deletion_and_restoring_are_announced_but_creates_are_not() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        create(store, &Link { tags: tags(&["a"]), ..link(2, "def") }).await;
        assert_eq!(store.newest_change().await.unwrap(), 0);
        store
            .edit_link(&Caller::SYSTEM, id(1), retitled("x"), ExpectedRevision::Any, now())
            .await
            .unwrap();
        store.delete_link(&Caller::SYSTEM, id(2), ExpectedRevision::Any, now()).await.unwrap();
        store.restore_link(&Caller::SYSTEM, id(2), ExpectedRevision::Any, now()).await.unwrap();
        let change = |seq, key: &str| Change { seq, kind: ChangeKind::Link, key: key.to_owned() };
        let changes = vec![change(1, "abc"), change(2, "def"), change(3, "def")];
        let expected = Changes::Next { changes, seq: 3 };
        assert_eq!(store.changes_after(0, 10).await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_link_is_gone_at_once_and_comes_back_as_it_was() {
    for_each_store(async |store| {
        let before =
            Link { tags: tags(&["a", "b"]), max_clicks: MaxClicks::new(5), ..link(1, "abc") };
        create(store, &before).await;
        store.use_click(id(1), before.max_clicks.unwrap()).await.unwrap();
        let code = store
            .delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::OneOf(vec![1]), later(1))
            .await
            .unwrap();
        assert_eq!(code, before.code);
        assert_eq!(store.link(Access::All, id(1)).await.unwrap(), None);
        assert_eq!(store.route(&code).await.unwrap(), None);
        assert_eq!(store.link_versions(Access::All, id(1), None, 50).await.unwrap(), None);
        let again =
            store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(2)).await;
        assert!(matches!(again, Err(EditLinkError::NotFound)), "{again:?}");
        let edit = store
            .edit_link(&Caller::SYSTEM, id(1), retitled("x"), ExpectedRevision::Any, later(2))
            .await;
        assert!(matches!(edit, Err(EditLinkError::NotFound)), "{edit:?}");

        let restored = store
            .restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(3))
            .await
            .unwrap();
        let expected = Link { revision: 3, updated_at: later(3), ..before.clone() };
        assert_eq!(restored.link, expected);
        assert_eq!(restored.used_clicks, 1);
        assert_eq!(store.link(Access::All, id(1)).await.unwrap(), Some(restored.clone()));
        assert_eq!(store.route(&code).await.unwrap(), Some(route(&expected)));
        let deleted = Link {
            deleted_at: Some(later(1)),
            revision: 2,
            updated_at: later(1),
            ..before.clone()
        };
        assert_eq!(versions_of(store, 1).await, [(deleted, later(3)), (before, later(1))]);
        // The second time there is nothing to restore.
        assert_eq!(
            store
                .restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(4))
                .await
                .unwrap(),
            restored
        );
    })
    .await;
}

#[tokio::test]
async fn restoring_ends_with_its_window() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, now()).await.unwrap();
        let too_late = now().plus(RESTORE_WINDOW).plus(Duration::from_millis(1));
        let refused =
            store.restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, too_late).await;
        assert!(matches!(refused, Err(EditLinkError::NotFound)), "{refused:?}");
        let in_time = now().plus(RESTORE_WINDOW);
        assert_eq!(
            store
                .restore_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, in_time)
                .await
                .unwrap()
                .link
                .revision,
            3
        );
        let missing =
            store.restore_link(&Caller::SYSTEM, id(9), ExpectedRevision::Any, now()).await;
        assert!(matches!(missing, Err(EditLinkError::NotFound)), "{missing:?}");
    })
    .await;
}

#[tokio::test]
async fn history_comes_newest_first_and_in_pages() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        for title in ["a", "b", "c", "d", "e"] {
            store
                .edit_link(&Caller::SYSTEM, id(1), retitled(title), ExpectedRevision::Any, now())
                .await
                .unwrap();
        }
        let revisions = async |before, limit| -> Vec<u64> {
            let versions =
                store.link_versions(Access::All, id(1), before, limit).await.unwrap().unwrap();
            versions.iter().map(|version| version.link.revision).collect()
        };
        assert_eq!(revisions(None, 2).await, [5, 4]);
        assert_eq!(revisions(Some(4), 2).await, [3, 2]);
        assert_eq!(revisions(Some(2), 2).await, [1]);
        assert_eq!(revisions(Some(1), 2).await, [0; 0]);
        assert_eq!(revisions(Some(u64::MAX), u32::MAX).await, [5, 4, 3, 2, 1]);
        assert_eq!(store.link_versions(Access::All, id(2), None, 2).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_was_lifted_goes_on_counting_where_it_was() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let limit = |count| LinkEdit {
            max_clicks: Some(if count == 0 { None } else { MaxClicks::new(count) }),
            ..LinkEdit::default()
        };
        store
            .edit_link(&Caller::SYSTEM, id(1), limit(2), ExpectedRevision::Any, now())
            .await
            .unwrap();
        assert!(store.use_click(id(1), MaxClicks::new(2).unwrap()).await.unwrap());
        store
            .edit_link(&Caller::SYSTEM, id(1), limit(0), ExpectedRevision::Any, now())
            .await
            .unwrap();
        let record = store
            .edit_link(&Caller::SYSTEM, id(1), limit(1), ExpectedRevision::Any, now())
            .await
            .unwrap();
        assert_eq!(record.used_clicks, 1);
        assert!(!store.use_click(id(1), MaxClicks::new(1).unwrap()).await.unwrap());
        store
            .edit_link(&Caller::SYSTEM, id(1), limit(3), ExpectedRevision::Any, now())
            .await
            .unwrap();
        assert!(store.use_click(id(1), MaxClicks::new(3).unwrap()).await.unwrap());
    })
    .await;
}
