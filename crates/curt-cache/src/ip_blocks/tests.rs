//! The table compared with a model that checks every block.

use curt_domain::{BlockId, BlockKind, Network};
use proptest::{collection::vec, prelude::*};

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn block(network: &str, kind: BlockKind, until: Option<i64>) -> IpBlock {
    IpBlock {
        id: BlockId::new(1).unwrap(),
        network: network.parse().unwrap(),
        kind,
        reason: None,
        created_at: at(0),
        created_by: None,
        until: until.map(at),
    }
}

fn find(blocks: &IpBlocks, client: &str, now: i64) -> Option<BlockKind> {
    blocks.find(client.parse().unwrap(), at(now)).map(|blocked| blocked.kind)
}

#[test]
fn blocks_hold_for_their_network_until_their_end() {
    let blocks = IpBlocks::default();
    assert!(!blocks.has_some());
    blocks.replace(&[
        block("203.0.113.0/24", BlockKind::Automatic, Some(10)),
        block("203.0.113.7", BlockKind::Manual, Some(5)),
        block("2001:db8::/32", BlockKind::Manual, None),
    ]);
    assert!(blocks.has_some());
    assert_eq!(find(&blocks, "203.0.113.7", 4), Some(BlockKind::Manual));
    assert_eq!(find(&blocks, "203.0.113.7", 5), Some(BlockKind::Automatic));
    assert_eq!(find(&blocks, "::ffff:203.0.113.8", 9), Some(BlockKind::Automatic));
    assert_eq!(find(&blocks, "203.0.113.8", 10), None);
    assert_eq!(find(&blocks, "203.0.114.0", 0), None);
    assert_eq!(find(&blocks, "2001:db8:ffff::1", i64::MAX), Some(BlockKind::Manual));
    assert_eq!(find(&blocks, "2001:db9::", 0), None);
    blocks.replace(&[]);
    assert!(!blocks.has_some());
    assert_eq!(find(&blocks, "203.0.113.7", 4), None);
}

#[test]
fn all_of_ipv6_leaves_ipv4_alone() {
    let blocks = IpBlocks::default();
    blocks.replace(&[block("::/0", BlockKind::Manual, None)]);
    assert_eq!(find(&blocks, "2001:db8::1", 0), Some(BlockKind::Manual));
    assert_eq!(find(&blocks, "::ffff:203.0.113.7", 0), None);
}

/// Few addresses, so that networks overlap; every length, so that they contain each other.
fn any_block() -> impl Strategy<Value = IpBlock> {
    let network = prop_oneof![
        (0..4_u32, 26..=32_u8).prop_map(|(low, len)| format!("192.0.2.{}/{len}", low * 16)),
        (0..4_u32, 120..=128_u8).prop_map(|(low, len)| format!("2001:db8::{low:x}/{len}")),
    ];
    let kind = prop_oneof![Just(BlockKind::Manual), Just(BlockKind::Automatic)];
    let until = prop_oneof![Just(None), (0..4_i64).prop_map(Some)];
    (network, kind, until).prop_map(|(network, kind, until)| block(&network, kind, until))
}

proptest! {
    #[test]
    fn the_table_finds_what_a_look_at_every_block_finds(
        all in vec(any_block(), 0..30),
        low in 0..70_u32,
        now in 0..5_i64,
    ) {
        let blocks = IpBlocks::default();
        blocks.replace(&all);
        for client in [format!("192.0.2.{low}"), format!("2001:db8::{low:x}")] {
            let client: IpAddr = client.parse().unwrap();
            let holds = |block: &&IpBlock| {
                let network: Network = block.network;
                network.contains(client) && block.until.is_none_or(|until| at(now) < until)
            };
            let holding: Vec<_> = all.iter().filter(holds).collect();
            let is_manual = holding.iter().any(|block| block.kind == BlockKind::Manual);
            let until = holding.iter().map(|block| block.until.unwrap_or(at(i64::MAX))).max();
            let found = blocks.find(client, at(now));
            prop_assert_eq!(found.is_some(), !holding.is_empty());
            if let Some(found) = found {
                prop_assert_eq!(found.kind == BlockKind::Manual, is_manual);
                if !is_manual {
                    prop_assert_eq!(found.until.unwrap_or(at(i64::MAX)), until.unwrap());
                }
            }
        }
    }
}
