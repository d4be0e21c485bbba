//! The list of blocked destinations, and the links that lead there.

use curt_domain::{Author, Caller, Link, LinkEdit, TargetPattern, UserId};
use curt_store::{
    AuditQuery, ChangeKind, Changes, ExpectedRevision, LinkHits, NewTargetBlocks, Store,
    TargetBlockSource,
};

use crate::stores::{create, for_each_store, id, later, link, now, target};

fn pattern(text: &str) -> TargetPattern {
    text.parse().unwrap()
}

async fn block(store: &Store, patterns: &[&str]) -> u64 {
    let new = NewTargetBlocks {
        patterns: patterns.iter().map(|text| pattern(text)).collect(),
        reason: Some("a test's".to_owned()),
        source: TargetBlockSource::File,
        at: now(),
    };
    let author = Author::User(UserId::new(7).unwrap());
    store.block_targets(&Caller { author, ..Caller::SYSTEM }, new).await.unwrap()
}

async fn patterns(store: &Store) -> Vec<String> {
    let rows = store.target_patterns(0, 1_000_000).await.unwrap();
    rows.into_iter().map(|(_, pattern)| pattern.to_string()).collect()
}

#[tokio::test]
async fn what_is_on_the_list_already_is_not_added_again() {
    for_each_store(async |store| {
        assert_eq!(block(store, &["b.example", "*.a.example", "b.example"]).await, 2);
        assert_eq!(block(store, &["b.example", "c.example/x"]).await, 1);
        assert_eq!(block(store, &["b.example"]).await, 0);
        assert_eq!(patterns(store).await, ["b.example", "*.a.example", "c.example/x"]);
        // Patterns are compared bytewise on every engine.
        assert_eq!(block(store, &["c.example/X"]).await, 1);
        let found = store.target_block_of(&pattern("b.example")).await.unwrap().unwrap();
        assert_eq!(found.reason.as_deref(), Some("a test's"));
        assert_eq!((found.source, found.created_at), (TargetBlockSource::File, now()));
        assert_eq!(found.created_by, "user 7");
        assert_eq!(store.target_block(found.id).await.unwrap(), Some(found));
    })
    .await;
}

#[tokio::test]
async fn many_patterns_are_added_in_slices_and_read_in_slices() {
    for_each_store(async |store| {
        let many: Vec<String> = (0..1_234).map(|number| format!("h{number}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(block(store, &many).await, 1_234);
        let (mut after, mut count) = (0, 0);
        loop {
            let slice = store.target_patterns(after, 500).await.unwrap();
            let Some((last, _)) = slice.last() else { break };
            after = *last;
            count += slice.len();
        }
        assert_eq!(count, 1_234);
        let first = store.target_blocks(None, 100).await.unwrap();
        assert_eq!(first.len(), 100);
        let next = store.target_blocks(Some(first[99].id), 100).await.unwrap();
        assert!(next[0].id < first[99].id);
    })
    .await;
}

#[tokio::test]
async fn every_change_of_the_list_is_told_once() {
    for_each_store(async |store| {
        let kinds = async || {
            let changes = store.changes_after(0, 100).await.unwrap();
            let Changes::Next { changes, .. } = changes else { panic!("{changes:?}") };
            changes.into_iter().map(|change| change.kind).collect::<Vec<_>>()
        };
        block(store, &["a.example", "b.example"]).await;
        assert_eq!(kinds().await, [ChangeKind::TargetBlocks]);
        block(store, &["a.example"]).await;
        assert_eq!(kinds().await.len(), 1);
        let one = store.target_block_of(&pattern("a.example")).await.unwrap().unwrap();
        assert!(store.unblock_target(&Caller::SYSTEM, one.id, later(1)).await.unwrap());
        assert!(!store.unblock_target(&Caller::SYSTEM, one.id, later(1)).await.unwrap());
        assert_eq!(kinds().await, [ChangeKind::TargetBlocks; 2]);
        assert_eq!(patterns(store).await, ["b.example"]);
        let log = store.audit(&AuditQuery { limit: 10, ..AuditQuery::default() }).await.unwrap();
        let actions: Vec<&str> = log.items.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["destination.unblock", "destination.block"]);
        assert!(log.items[0].details.contains("a.example"), "{log:?}");
    })
    .await;
}

#[tokio::test]
async fn links_are_found_by_where_they_lead() {
    for_each_store(async |store| {
        let targets = [
            "https://evil.example/a",
            "http://evil.example:81/login?x",
            "https://www.evil.example/login",
            "https://evil.example.com/",
            "https://notevil.example/",
            "https://evil-.example/",
            "http://192.0.2.1/x",
        ];
        for (number, text) in (1..).zip(targets) {
            let link = Link { target: target(text), ..link(number, &format!("c{number}")) };
            create(store, &link).await;
        }
        for (text, count) in [
            ("evil.example", 2),
            ("*.evil.example", 3),
            ("*.example", 5),
            ("evil.example/login", 1),
            ("evil.example:81/login", 1),
            ("192.0.2.1", 1),
            ("nobody.example", 0),
        ] {
            let hits = store.links_led_to(&pattern(text)).await.unwrap();
            assert_eq!(hits, LinkHits { count, is_all: true }, "{text}");
        }
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(1)).await.unwrap();
        let edit = LinkEdit { target: Some(target("https://evil.example/")), ..Default::default() };
        store
            .edit_link(&Caller::SYSTEM, id(4), edit.clone(), ExpectedRevision::Any, later(1))
            .await
            .unwrap();
        store
            .edit_link(&Caller::SYSTEM, id(5), edit, ExpectedRevision::Any, later(1))
            .await
            .unwrap();
        let hits = store.links_led_to(&pattern("evil.example")).await.unwrap();
        assert_eq!(hits.count, 3);
    })
    .await;
}
