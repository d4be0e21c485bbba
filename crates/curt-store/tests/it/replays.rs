//! Answers kept by Idempotency-Key.

use curt_domain::{Access, Caller};
use curt_store::{CreateLinkError, NewReplay, Replay};

use crate::stores::{create, for_each_store, id, in_parallel, later, link, now};

fn replay(caller: &str, key: &str) -> NewReplay {
    NewReplay {
        caller: caller.to_owned(),
        key: key.to_owned(),
        body_hash: *b"\0 a hash of thirty-two bytes \xff\x80\x7f",
        response: "{\"title\":\"Ümläut 🦀 \\\\ ' \"}".to_owned(),
        created_at: now(),
    }
}

fn kept(replay: NewReplay) -> Replay {
    let NewReplay { body_hash, response, created_at, .. } = replay;
    Replay { body_hash, response, created_at }
}

#[tokio::test]
async fn an_answer_is_kept_with_what_it_made() {
    for_each_store(async |store| {
        let new = replay("admin", "key");
        store.create_link(&Caller::SYSTEM, link(1, "abc"), Some(new.clone())).await.unwrap();
        assert!(store.link(Access::All, id(1)).await.unwrap().is_some());
        assert_eq!(store.replay("admin", "key").await.unwrap(), Some(kept(new)));
        for (caller, key) in [("admin", "Key"), ("Admin", "key"), ("key", "admin"), ("", "")] {
            assert_eq!(store.replay(caller, key).await.unwrap(), None, "{caller} {key}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_used_makes_nothing_more() {
    for_each_store(async |store| {
        store
            .create_link(&Caller::SYSTEM, link(1, "abc"), Some(replay("admin", "key")))
            .await
            .unwrap();
        // With the same code, too, the earlier answer counts, not the taken code.
        for again in [link(2, "def"), link(3, "abc")] {
            let refused = store
                .create_link(&Caller::SYSTEM, again.clone(), Some(replay("admin", "key")))
                .await;
            assert!(matches!(refused, Err(CreateLinkError::ReplayExists)), "{refused:?}");
            assert_eq!(store.link(Access::All, again.id).await.unwrap(), None);
        }
        store
            .create_link(&Caller::SYSTEM, link(4, "def"), Some(replay("other", "key")))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_create_that_failed_keeps_no_answer() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let refused =
            store.create_link(&Caller::SYSTEM, link(2, "abc"), Some(replay("admin", "key"))).await;
        assert!(matches!(refused, Err(CreateLinkError::CodeTaken)), "{refused:?}");
        assert_eq!(store.replay("admin", "key").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn of_equal_requests_at_the_same_time_one_is_carried_out() {
    for_each_store(async |store| {
        let creates = (1..=20).map(|number| {
            let link = link(number, &format!("code{number}"));
            store.create_link(&Caller::SYSTEM, link, Some(replay("admin", "key")))
        });
        let results = in_parallel(creates).await;
        let (made, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for result in refused {
            assert!(matches!(result, Err(CreateLinkError::ReplayExists)), "{result:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn old_answers_are_forgotten() {
    for_each_store(async |store| {
        for number in 1..=5 {
            let new =
                NewReplay { created_at: later(number), ..replay("admin", &number.to_string()) };
            store
                .create_link(&Caller::SYSTEM, link(number, &format!("code{number}")), Some(new))
                .await
                .unwrap();
        }
        assert_eq!(store.prune_replays(now()).await.unwrap(), 0);
        assert_eq!(store.prune_replays(later(3)).await.unwrap(), 3);
        assert_eq!(store.prune_replays(later(3)).await.unwrap(), 0);
        assert_eq!(store.replay("admin", "3").await.unwrap(), None);
        assert!(store.replay("admin", "4").await.unwrap().is_some());
    })
    .await;
}
