//! The limit of blocks, with a smaller limit than in production.

use super::*;
use crate::tests::for_each_store;

fn now() -> Timestamp {
    Timestamp::from_millis(1_000)
}

fn later() -> Timestamp {
    Timestamp::from_millis(2_000)
}

fn new(number: u8, kind: BlockKind, until: Option<Timestamp>) -> NewIpBlock {
    let network = format!("203.0.113.{number}").parse().unwrap();
    NewIpBlock { network, kind, reason: None, until }
}

/// Adds these blocks with room for three of a kind; returns the networks that were added.
async fn add_of(store: &Store, blocks: Vec<NewIpBlock>, now: Timestamp) -> Vec<String> {
    let ids = store.reserve(Sequence::Blocks, blocks.len() as u64).await.unwrap();
    let attribution = store.attribute(&Caller::SYSTEM, now);
    let adding = Adding { blocks, first_id: ids.start, blocks_max: 3, attribution };
    let added = store.db.transaction("add_blocks", adding, add).await.unwrap();
    added.into_iter().map(|block| block.network.to_string()).collect()
}

fn networks(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| format!("203.0.113.{number}")).collect()
}

#[tokio::test]
async fn a_batch_blocks_as_many_as_there_is_room_for() {
    for_each_store(async |store| {
        let automatic = |number| new(number, BlockKind::Automatic, Some(later()));
        let batch = async |numbers: &[u8]| {
            add_of(store, numbers.iter().copied().map(automatic).collect(), now()).await
        };
        assert_eq!(batch(&[1, 2]).await, networks(&[1, 2]));
        // A network that is already blocked needs no more room, wherever it stands.
        assert_eq!(batch(&[3, 4, 1, 5]).await, networks(&[3, 1]));
        assert_eq!(batch(&[6]).await, networks(&[]));
        // The other kind has no block yet.
        let manual = add_of(store, vec![new(7, BlockKind::Manual, None)], now()).await;
        assert_eq!(manual, networks(&[7]));
        assert_eq!(store.ip_blocks(None, 10, now()).await.unwrap().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn when_there_is_no_room_a_block_is_replaced_all_the_same() {
    for_each_store(async |store| {
        let manual = |number, until| new(number, BlockKind::Manual, until);
        let three = [1, 2, 3].map(|number| manual(number, None));
        assert_eq!(add_of(store, three.to_vec(), now()).await, networks(&[1, 2, 3]));
        let sooner = manual(2, Some(later()));
        assert_eq!(add_of(store, vec![sooner], now()).await, networks(&[2]));
        let held = store.ip_blocks(None, 10, now()).await.unwrap();
        assert_eq!(held.iter().filter(|block| block.until == Some(later())).count(), 1);
        assert_eq!(add_of(store, vec![manual(4, None)], now()).await, networks(&[]));
    })
    .await;
}

#[tokio::test]
async fn blocks_that_are_over_take_no_room() {
    for_each_store(async |store| {
        let until_later = |number| new(number, BlockKind::Manual, Some(later()));
        let three = [1, 2, 3].map(until_later);
        assert_eq!(add_of(store, three.to_vec(), now()).await, networks(&[1, 2, 3]));
        let forever = |number| new(number, BlockKind::Manual, None);
        // Their rows still exist, and one of them gets a block again.
        let four = [4, 1, 5, 2].map(forever);
        assert_eq!(add_of(store, four.to_vec(), later()).await, networks(&[4, 1, 5]));
        assert_eq!(store.ip_blocks(None, 10, later()).await.unwrap().len(), 3);
    })
    .await;
}
