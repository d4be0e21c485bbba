//! Many concurrent attempts at something that only one can get.

use curt_domain::{Access, Caller, Link, LinkEdit, MaxClicks, Title};
use curt_store::{CreateLinkError, EditLinkError, ExpectedRevision};

use crate::stores::{create, for_each_store, id, in_parallel, later, link, now, tags};

#[tokio::test]
async fn race_01_one_of_100_gets_the_code() {
    for_each_store(async |store| {
        let creates = (1..=100)
            .map(|number| store.create_link(&Caller::SYSTEM, link(number, "wanted"), None));
        let results = in_parallel(creates).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for result in results.into_iter().filter(Result::is_err) {
            assert!(matches!(result, Err(CreateLinkError::CodeTaken)), "{result:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn race_03_one_of_200_gets_the_last_click() {
    for_each_store(async |store| {
        let once = Link { max_clicks: MaxClicks::new(1), ..link(1, "once") };
        create(store, &once).await;
        let max = once.max_clicks.unwrap();
        let clicks = in_parallel((0..200).map(|_| store.use_click(once.id, max))).await;
        let followed = clicks.into_iter().filter(|click| *click.as_ref().unwrap()).count();
        assert_eq!(followed, 1);
        assert_eq!(store.link(Access::All, once.id).await.unwrap().unwrap().used_clicks, 1);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_edits_of_a_revision_wins() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let edits = (0..30).map(|number| {
            let title = Title::parse(&format!("title {number}")).unwrap();
            let edit = LinkEdit { title: Some(Some(title)), ..LinkEdit::default() };
            store.edit_link(
                &Caller::SYSTEM,
                id(1),
                edit,
                ExpectedRevision::OneOf(vec![1]),
                later(number),
            )
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            in_parallel(edits).await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for result in lost {
            assert!(matches!(result, Err(EditLinkError::RevisionMismatch)), "{result:?}");
        }
        assert_eq!(
            store.link_versions(Access::All, id(1), None, 50).await.unwrap().unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn links_bring_the_same_new_tags_in_any_order() {
    for_each_store(async |store| {
        let names = ["a", "b", "c", "d", "e", "f"];
        let creates = (1..=24).zip((0..names.len()).cycle()).map(|(number, first)| {
            let mut own = names;
            own.rotate_left(first);
            let link = Link { tags: tags(&own), ..link(number, &format!("code{number}")) };
            store.create_link(&Caller::SYSTEM, link, None)
        });
        for result in in_parallel(creates).await {
            result.unwrap();
        }
        for number in 1..=24 {
            let read = store.link(Access::All, id(number)).await.unwrap().unwrap();
            assert_eq!(read.link.tags, tags(&names));
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_deleted_twice_at_once_is_deleted_once() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let deletes = in_parallel(
            (0..10)
                .map(|_| store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, now())),
        )
        .await;
        assert_eq!(deletes.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(store.newest_change().await.unwrap(), 1);
    })
    .await;
}
