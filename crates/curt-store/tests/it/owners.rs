//! Owners of links: users neither see nor change the links of others, and owners leave.

use std::time::Duration;

use curt_domain::{Access, Caller, Link, LinkEdit, Role, Title, User, UserId};
use curt_store::{
    Admission, CreateLinkError, CreateLinksError, DeleteUserError, EditLinkError, ExpectedRevision,
    LINKS_AT_ONCE_MAX, LinkSort, LinksOf, Store,
};

use crate::{
    accounts::{admin, as_user, create_user, new_user},
    lists::query,
    stores::{create, for_each_store, id, in_parallel, later, link, now, tags},
};

fn owned(number: u64, code: &str, owner: &User) -> Link {
    Link { owner: Some(owner.id), ..link(number, code) }
}

/// The owner of each link, by their ids.
async fn owners(store: &Store) -> Vec<Option<UserId>> {
    let page = store.links(Access::All, &query(LinkSort::CreatedAt), now()).await.unwrap();
    page.items.into_iter().map(|record| record.link.owner).collect()
}

/// Links 1 and 3 are Ada's, 2 and 4 Bob's; 5 has no owner.
async fn two_users(store: &Store) -> (User, User) {
    let ada = create_user(store, "ada", Role::User).await;
    let bob = create_user(store, "bob", Role::User).await;
    for (number, owner) in [(1, &ada), (2, &bob), (3, &ada), (4, &bob)] {
        let link = Link { tags: tags(&["tag"]), ..owned(number, &format!("code{number}"), owner) };
        store.create_link(&as_user(owner), link, None).await.unwrap();
    }
    create(store, &link(5, "code5")).await;
    (ada, bob)
}

fn retitled(title: &str) -> LinkEdit {
    LinkEdit { title: Some(Some(Title::parse(title).unwrap())), ..LinkEdit::default() }
}

#[tokio::test]
async fn idor_02_links_of_others_are_not_there() {
    for_each_store(async |store| {
        let (ada, bob) = two_users(store).await;
        let own = Access::Of(ada.id);
        let read = store.link(own, id(1)).await.unwrap().unwrap();
        assert_eq!(read.link.owner, Some(ada.id));
        let caller = as_user(&ada);
        let any = || ExpectedRevision::Any;
        for foreign in [2, 5] {
            let code = format!("code{foreign}").parse().unwrap();
            assert_eq!(store.link(own, id(foreign)).await.unwrap(), None);
            assert_eq!(store.link_by_code(own, &code).await.unwrap(), None);
            assert_eq!(store.link_versions(own, id(foreign), None, 5).await.unwrap(), None);
            let edited = store.edit_link(&caller, id(foreign), retitled("x"), any(), now()).await;
            assert!(matches!(edited, Err(EditLinkError::NotFound)), "{edited:?}");
            let deleted = store.delete_link(&caller, id(foreign), any(), now()).await;
            assert!(matches!(deleted, Err(EditLinkError::NotFound)), "{deleted:?}");
            store.delete_link(&admin(), id(foreign), any(), now()).await.unwrap();
            let restored = store.restore_link(&caller, id(foreign), any(), now()).await;
            assert!(matches!(restored, Err(EditLinkError::NotFound)), "{restored:?}");
            assert_eq!(store.link_by_code(own, &code).await.unwrap(), None);
        }
        // Among deleted links, too, users see only their own.
        store.delete_link(&caller, id(1), any(), later(1)).await.unwrap();
        for (access, expected) in
            [(own, vec![1]), (Access::Of(bob.id), vec![2]), (Access::All, vec![1, 5, 2])]
        {
            let page = store.deleted_links(access, later(2), 10, None).await.unwrap();
            let ids: Vec<u64> = page.items.iter().map(|record| record.link.id.get()).collect();
            assert_eq!(ids, expected, "{access:?}");
        }
        store.restore_link(&caller, id(1), any(), later(2)).await.unwrap();
        assert_eq!(store.link_versions(own, id(1), None, 5).await.unwrap().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn idor_03_lists_have_ones_own_links_whatever_the_filters() {
    for_each_store(async |store| {
        let (ada, bob) = two_users(store).await;
        let sorts = [
            LinkSort::CreatedAt,
            LinkSort::CreatedAtDesc,
            LinkSort::Clicks,
            LinkSort::ClicksDesc,
            LinkSort::ShortCode,
        ];
        let find = async |access, sort, tag: Option<&str>, owner: Option<&User>| {
            let mut query = query(sort);
            query.limit = 1;
            query.tag = tag.and_then(|tag| tags(&[tag]).pop());
            query.owner = owner.map(|user| user.id);
            let mut ids = Vec::new();
            loop {
                let page = store.links(access, &query, now()).await.unwrap();
                ids.extend(page.items.iter().map(|record| record.link.id.get()));
                let Some(next) = page.next else { break };
                query.cursor = Some(next);
            }
            ids.sort_unstable();
            ids
        };
        let own = Access::Of(ada.id);
        for sort in sorts {
            for tag in [None, Some("tag")] {
                assert_eq!(find(own, sort, tag, None).await, [1, 3], "{sort:?} {tag:?}");
                assert_eq!(find(own, sort, tag, Some(&ada)).await, [1, 3]);
                assert_eq!(find(own, sort, tag, Some(&bob)).await, [0; 0]);
                assert_eq!(find(Access::All, sort, tag, Some(&bob)).await, [2, 4]);
            }
            assert_eq!(find(own, sort, Some("other"), None).await, [0; 0]);
            assert_eq!(find(Access::All, sort, None, None).await, [1, 2, 3, 4, 5]);
        }
    })
    .await;
}

#[tokio::test]
async fn only_its_former_owner_takes_the_code_of_an_erased_link_again() {
    for_each_store(async |store| {
        let (ada, bob) = two_users(store).await;
        for number in [1, 3, 5] {
            let any = ExpectedRevision::Any;
            store.delete_link(&admin(), id(number), any, now()).await.unwrap();
        }
        let take = async |number, code: &str, owner: &User| {
            store.create_link(&as_user(owner), owned(number, code, owner), None).await
        };
        // A deleted link can still be restored.
        let deleted = take(11, "code1", &ada).await;
        assert!(matches!(deleted, Err(CreateLinkError::CodeTaken)), "{deleted:?}");
        assert_eq!(store.erase_deleted(later(1), 10).await.unwrap(), 3);
        let foreign = take(12, "code1", &bob).await;
        assert!(matches!(foreign, Err(CreateLinkError::CodeTaken)), "{foreign:?}");
        let unowned = store.create_link(&admin(), link(13, "code1"), None).await;
        assert!(matches!(unowned, Err(CreateLinkError::CodeTaken)), "{unowned:?}");
        let of_nobody = take(14, "code5", &ada).await;
        assert!(matches!(of_nobody, Err(CreateLinkError::CodeTaken)), "{of_nobody:?}");
        let at_once = in_parallel((20..30).map(|number| take(number, "code1", &ada))).await;
        assert_eq!(at_once.iter().filter(|result| result.is_ok()).count(), 1);
        let code = "code1".parse().unwrap();
        assert!(store.link_by_code(Access::Of(ada.id), &code).await.unwrap().is_some());

        // code5 had no owner.
        let codes = ["code1", "code3", "code5", "free"].map(|code| code.parse().unwrap());
        for (owner, expected) in
            [(Some(ada.id), vec![0, 2]), (Some(bob.id), vec![0, 1, 2]), (None, vec![0, 1, 2])]
        {
            let taken = store.taken_codes(&codes, owner).await.unwrap();
            let expected = expected.into_iter().map(|index: usize| codes[index].clone());
            assert_eq!(taken, expected.collect());
        }

        let many = |owner: &User| vec![owned(40, "code3", owner), owned(41, "new", owner)];
        let foreign = store.create_links(&as_user(&bob), many(&bob), None).await;
        assert!(
            matches!(&foreign, Err(CreateLinksError::CodesTaken(ids)) if *ids == [id(40)]),
            "{foreign:?}"
        );
        store.create_links(&as_user(&ada), many(&ada), None).await.unwrap();
        assert!(store.route(&"code3".parse().unwrap()).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn the_first_administrator_gets_the_links_that_nobody_has() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        create(store, &owned(1, "hers", &ada)).await;
        let unowned: Vec<Link> =
            (2..=1_500).map(|number| link(number, &format!("code{number}"))).collect();
        for links in unowned.chunks(LINKS_AT_ONCE_MAX) {
            store.create_links(&Caller::SYSTEM, links.to_vec(), None).await.unwrap();
        }
        let first = Admission::FirstAdministrator;
        let root = store.create_user(&admin(), new_user("root"), first, later(1)).await.unwrap();
        // Links created later are not moved.
        let after = Link { created_at: later(2), ..link(2_000, "later") };
        create(store, &after).await;
        assert_eq!(store.move_links(later(3)).await.unwrap(), 1_499);
        assert_eq!(store.move_links(later(3)).await.unwrap(), 0);
        let owner =
            async |number| store.link(Access::All, id(number)).await.unwrap().unwrap().link.owner;
        assert_eq!(owner(1).await, Some(ada.id));
        assert_eq!((owner(2).await, owner(1_500).await), (Some(root.id), Some(root.id)));
        assert_eq!(owner(2_000).await, None);
    })
    .await;
}

#[tokio::test]
async fn export_01_a_deleted_user_leaves_nothing_but_links() {
    for_each_store(async |store| {
        let (ada, bob) = two_users(store).await;
        let nobody = LinksOf::TransferTo(UserId::new(99).unwrap());
        for heir in [nobody, LinksOf::TransferTo(ada.id)] {
            let refused = store.delete_user(&admin(), ada.id, heir, now()).await;
            assert!(matches!(refused, Err(DeleteUserError::NoSuchHeir)), "{refused:?}");
        }
        store.delete_user(&admin(), ada.id, LinksOf::TransferTo(bob.id), now()).await.unwrap();
        assert_eq!(store.user(ada.id).await.unwrap(), None);
        assert_eq!(store.credentials(&ada.email).await.unwrap(), None);
        assert_eq!(store.move_links(later(1)).await.unwrap(), 2);
        assert_eq!(
            owners(store).await,
            [Some(bob.id); 4].into_iter().chain([None]).collect::<Vec<_>>()
        );

        // Created by a request that was still running when its user was deleted.
        create(store, &owned(6, "late", &ada)).await;
        assert_eq!(store.move_links(later(2)).await.unwrap(), 1);
        store.delete_user(&admin(), bob.id, LinksOf::Keep, later(3)).await.unwrap();
        assert_eq!(store.move_links(later(4)).await.unwrap(), 5);
        assert_eq!(owners(store).await, [None; 6]);
        // The address is free again, and another user takes it.
        let again = create_user(store, "ada", Role::User).await;
        assert!(bob.id < again.id);
        let over = later(5).plus(Duration::from_hours(2));
        assert_eq!(store.move_links(over).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_was_to_inherit_goes_on_to_their_heir() {
    for_each_store(async |store| {
        let (ada, bob) = two_users(store).await;
        let root = create_user(store, "root", Role::User).await;
        store.delete_user(&admin(), ada.id, LinksOf::TransferTo(bob.id), now()).await.unwrap();
        store.delete_user(&admin(), bob.id, LinksOf::TransferTo(root.id), now()).await.unwrap();
        assert_eq!(store.move_links(later(1)).await.unwrap(), 4);
        let all_of_root: Vec<_> = [Some(root.id); 4].into_iter().chain([None]).collect();
        assert_eq!(owners(store).await, all_of_root);
    })
    .await;
}
