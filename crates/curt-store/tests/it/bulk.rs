//! Many links in one transaction: all or none, on every engine, also with concurrent attempts.

use std::collections::HashSet;

use curt_domain::{Access, Caller, Code, Link, LinkId, MaxClicks, Note, Title};
use curt_store::{
    CreateLinksError, ExpectedRevision, LINKS_AT_ONCE_MAX, LinkSort, NewReplay, Store,
};

use crate::{
    lists::query,
    stores::{create, for_each_store, id, in_parallel, link, now, route, tags},
};

fn replay(key: &str) -> NewReplay {
    NewReplay {
        caller: "admin".to_owned(),
        key: key.to_owned(),
        body_hash: [7; 32],
        response: "[]".to_owned(),
        created_at: now(),
    }
}

/// Links `code1` and so on.
fn links(numbers: impl IntoIterator<Item = u64>) -> Vec<Link> {
    numbers.into_iter().map(|number| link(number, &format!("code{number}"))).collect()
}

fn taken(result: Result<(), CreateLinksError>) -> Vec<LinkId> {
    match result {
        Err(CreateLinksError::CodesTaken(ids)) => ids,
        other => panic!("{other:?}"),
    }
}

async fn count(store: &Store) -> usize {
    store.links(Access::All, &query(LinkSort::ShortCode), now()).await.unwrap().items.len()
}

#[tokio::test]
async fn as_many_links_as_fit_are_written_with_all_that_is_in_them() {
    for_each_store(async |store| {
        let mut new = links(1..=LINKS_AT_ONCE_MAX as u64);
        for (number, link) in (0..).zip(&mut new) {
            // Every other link is plain, as in practice.
            if number % 2 == 0 {
                link.title = Some(Title::parse(&format!("Title {number} \u{1f980}")).unwrap());
                link.note = Some(Note::parse("it\'s $1 ? \\ 100%").unwrap());
                link.tags = tags(&["all", &format!("tag {}", number % 6)]);
                link.max_clicks = MaxClicks::new(number + 1);
            }
        }
        store.create_links(&Caller::SYSTEM, new.clone(), None).await.unwrap();
        for link in [&new[0], &new[1], &new[6], new.last().unwrap()] {
            assert_eq!(store.link(Access::All, link.id).await.unwrap().unwrap().link, *link);
            assert_eq!(store.route(&link.code).await.unwrap(), Some(route(link)));
            if let Some(max) = link.max_clicks {
                assert!(store.use_click(link.id, max).await.unwrap());
            }
        }
        let mut by_tag = query(LinkSort::CreatedAt);
        by_tag.tag = tags(&["tag 4"]).pop();
        by_tag.limit = 200;
        let found = store.links(Access::All, &by_tag, now()).await.unwrap().items;
        assert_eq!(
            found.len(),
            new.iter().filter(|link| link.tags == tags(&["all", "tag 4"])).count()
        );
    })
    .await;
}

#[tokio::test]
async fn no_links_are_nothing_to_write() {
    for_each_store(async |store| {
        store.create_links(&Caller::SYSTEM, Vec::new(), None).await.unwrap();
        assert_eq!(count(store).await, 0);
        store.create_links(&Caller::SYSTEM, Vec::new(), Some(replay("key"))).await.unwrap();
        assert!(store.replay("admin", "key").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn taken_codes_are_named_and_nothing_is_written() {
    for_each_store(async |store| {
        create(store, &link(1, "mine")).await;
        create(store, &link(2, "erased")).await;
        store.delete_link(&Caller::SYSTEM, id(2), ExpectedRevision::Any, now()).await.unwrap();
        let mut new = links(10..=15);
        new[1].code = "mine".parse().unwrap();
        new[3].code = "erased".parse().unwrap();
        new[5].code = new[4].code.clone();
        new[0].tags = tags(&["a"]);
        let refused = store.create_links(&Caller::SYSTEM, new.clone(), Some(replay("key"))).await;
        assert_eq!(taken(refused), [id(11), id(13), id(15)]);
        assert_eq!(count(store).await, 1);
        assert_eq!(store.replay("admin", "key").await.unwrap(), None);

        // Codes are case-sensitive.
        new[1].code = "Mine".parse().unwrap();
        new.retain(|link| ![13, 15].contains(&link.id.get()));
        store.create_links(&Caller::SYSTEM, new, Some(replay("key"))).await.unwrap();
        assert_eq!(count(store).await, 5);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_used_makes_no_links() {
    for_each_store(async |store| {
        store.create_links(&Caller::SYSTEM, links(1..=3), Some(replay("key"))).await.unwrap();
        for again in [links(4..=6), links(1..=3)] {
            let refused = store.create_links(&Caller::SYSTEM, again, Some(replay("key"))).await;
            assert!(matches!(refused, Err(CreateLinksError::ReplayExists)), "{refused:?}");
        }
        assert_eq!(count(store).await, 3);
        store.create_links(&Caller::SYSTEM, links(4..=6), Some(replay("other"))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_equal_requests_at_the_same_time_one_makes_links() {
    for_each_store(async |store| {
        let all = (0..10).map(|request| {
            let new = links(request * 10 + 1..=request * 10 + 10);
            store.create_links(&Caller::SYSTEM, new, Some(replay("key")))
        });
        let made = in_parallel(all).await.into_iter().flatten().count();
        assert_eq!((made, count(store).await), (1, 10));
    })
    .await;
}

/// In opposite orders, where two transactions on a server could wait for each other.
#[tokio::test]
async fn race_01_one_of_many_gets_the_codes_that_all_want() {
    for_each_store(async |store| {
        let all = (0..10).map(|request| {
            let mut new = links(request * 100 + 1..=request * 100 + 40);
            for (number, link) in (0..).zip(&mut new) {
                link.code = format!("wanted{number}").parse().unwrap();
                link.tags = tags(&[&format!("tag {number}")]);
            }
            if request % 2 == 1 {
                new.reverse();
            }
            store.create_links(&Caller::SYSTEM, new, None)
        });
        let (made, refused): (Vec<_>, Vec<_>) =
            in_parallel(all).await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), count(store).await), (1, 40));
        for result in refused {
            assert_eq!(taken(result).len(), 40);
        }
    })
    .await;
}

#[tokio::test]
async fn taken_codes_can_be_asked_for() {
    for_each_store(async |store| {
        create(store, &link(1, "null")).await;
        create(store, &link(2, "a_-Z9")).await;
        store.delete_link(&Caller::SYSTEM, id(2), ExpectedRevision::Any, now()).await.unwrap();
        let codes: [Code; 4] = ["null", "NULL", "a_-Z9", "free"].map(|code| code.parse().unwrap());
        let expected = HashSet::from([codes[0].clone(), codes[2].clone()]);
        assert_eq!(store.taken_codes(&codes, None).await.unwrap(), expected);
        assert_eq!(store.taken_codes(&[], None).await.unwrap(), HashSet::new());
    })
    .await;
}
