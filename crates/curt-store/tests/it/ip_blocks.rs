//! Blocked clients: added, replaced, listed, lifted, and announced to all nodes.

use curt_domain::{Author, BlockKind, BlockReason, Caller, IpBlock, Timestamp, UserId};
use curt_store::{AuditQuery, ChangeKind, Changes, NewIpBlock, Store};

use crate::stores::{for_each_store, in_parallel, later, now};

fn new(network: &str, kind: BlockKind, until: Option<Timestamp>) -> NewIpBlock {
    let reason = Some(BlockReason::parse("scans for codes").unwrap());
    NewIpBlock { network: network.parse().unwrap(), kind, reason, until }
}

fn caller() -> Caller {
    let author = Author::User(UserId::new(7).unwrap());
    Caller { author, ..Caller::SYSTEM }
}

async fn add(store: &Store, block: NewIpBlock) -> IpBlock {
    store.add_ip_block(block, &caller(), now()).await.unwrap()
}

/// How many blocks were added or lifted.
async fn changes(store: &Store) -> usize {
    let Changes::Next { changes, .. } = store.changes_after(0, 100).await.unwrap() else {
        panic!("nothing was forgotten yet")
    };
    changes.iter().filter(|change| change.kind == ChangeKind::IpBlocks).count()
}

#[tokio::test]
async fn blocks_are_kept_as_they_were_made_until_they_are_lifted() {
    for_each_store(async |store| {
        let block = add(store, new("203.0.113.0/24", BlockKind::Manual, Some(later(10)))).await;
        assert_eq!(block.network.to_string(), "203.0.113.0/24");
        assert_eq!(block.reason.as_ref().unwrap().as_str(), "scans for codes");
        assert_eq!((block.created_at, block.until), (now(), Some(later(10))));
        assert_eq!(block.created_by, UserId::new(7));
        let bare = NewIpBlock { reason: None, ..new("::2", BlockKind::Manual, None) };
        let bare = add(store, bare).await;
        assert_eq!((&bare.reason, bare.until), (&None, None));

        let all = store.ip_blocks(None, 10, now()).await.unwrap();
        assert_eq!(all, [bare, block.clone()]);
        assert_eq!(store.ip_blocks(None, 1, now()).await.unwrap(), all[..1]);
        assert_eq!(store.ip_blocks(Some(all[0].id), 10, now()).await.unwrap(), all[1..]);
        // An expired block is not in the list.
        assert_eq!(store.ip_blocks(None, 10, later(10)).await.unwrap(), all[..1]);

        assert_eq!(
            store.lift_ip_block(block.id, &caller(), now()).await.unwrap(),
            Some(block.clone())
        );
        assert_eq!(store.lift_ip_block(block.id, &caller(), now()).await.unwrap(), None);
        assert_eq!(store.ip_blocks(None, 10, now()).await.unwrap(), all[..1]);
        assert_eq!(changes(store).await, 3);
        let log = store.audit(&AuditQuery { limit: 10, ..AuditQuery::default() }).await.unwrap();
        let mut rows: Vec<_> =
            log.items.iter().map(|row| (row.action.as_str(), row.details.as_str())).collect();
        rows.sort_unstable();
        // Rows of lifted blocks stay, and of an address the log has only the network.
        let within = |network| format!(r#"{{"kind":"manual","within":"{network}"}}"#);
        let (lifted, bare) = (within("203.0.113.0/24"), within("::/48"));
        let expected =
            [("block.create", &lifted), ("block.create", &bare), ("block.delete", &lifted)];
        assert_eq!(rows, expected.map(|(action, details)| (action, details.as_str())));
    })
    .await;
}

#[tokio::test]
async fn a_network_has_one_block_of_a_kind_whoever_adds_it_and_when() {
    for_each_store(async |store| {
        let first = add(store, new("203.0.113.7", BlockKind::Automatic, Some(later(10)))).await;
        let add = async |millis| {
            let block = new("203.0.113.7", BlockKind::Automatic, Some(later(millis)));
            store.add_ip_block(block, &caller(), now()).await
        };
        for added in in_parallel([20, 30, 40].map(add)).await {
            assert_eq!(added.unwrap().id, first.id);
        }
        let manual = new("203.0.113.7", BlockKind::Manual, None);
        assert_ne!(store.add_ip_block(manual, &caller(), now()).await.unwrap().id, first.id);
        assert_eq!(store.ip_blocks(None, 10, now()).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn many_are_added_at_once_and_forgotten_once_they_are_over() {
    for_each_store(async |store| {
        let number = |number| format!("203.0.113.{number}");
        let until = |number| Some(later(number));
        let block = |n: u64| new(&number(n), BlockKind::Automatic, until(n));
        let added =
            store.add_ip_blocks((1..=50).map(block).collect(), &caller(), now()).await.unwrap();
        assert_eq!(added.len(), 50);
        assert_eq!(changes(store).await, 50);
        assert_eq!(store.prune_ip_blocks(later(20)).await.unwrap(), 20);
        assert_eq!(store.ip_blocks(None, 100, now()).await.unwrap().len(), 30);
        // Their end is not announced: every node has a clock.
        assert_eq!(changes(store).await, 50);
    })
    .await;
}
