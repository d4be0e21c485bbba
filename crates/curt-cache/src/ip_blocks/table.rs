//! Networks in the order of their addresses, each with the smallest network that contains it.
//!
//! Two networks are disjoint or one contains the other. So all networks that contain an address are
//! found outwards from the last one that begins at or before it.

use std::net::IpAddr;

use curt_domain::{BlockKind, IpBlock, Timestamp};

/// The strictest block of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    pub kind: BlockKind,
    /// `None` if it holds until it is lifted.
    pub until: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct Table {
    v4: Box<[Node<u32>]>,
    v6: Box<[Node<u128>]>,
}

struct Node<A> {
    first: A,
    last: A,
    blocked: Blocked,
    /// The index of the smallest network that contains this one.
    around: Option<u32>,
}

impl Table {
    pub(super) fn new(blocks: &[IpBlock]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for block in blocks {
            let blocked = Blocked { kind: block.kind, until: block.until };
            match (block.network.first(), block.network.last()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    v4.push(Node::new(first.to_bits(), last.to_bits(), blocked));
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    v6.push(Node::new(first.to_bits(), last.to_bits(), blocked));
                }
                _ => unreachable!("both ends of a network are addresses of one kind"),
            }
        }
        Self { v4: nested(v4), v6: nested(v6) }
    }

    pub(super) fn find(&self, client: IpAddr, now: Timestamp) -> Option<Blocked> {
        match client.to_canonical() {
            IpAddr::V4(address) => find(&self.v4, address.to_bits(), now),
            IpAddr::V6(address) => find(&self.v6, address.to_bits(), now),
        }
    }
}

impl<A> Node<A> {
    fn new(first: A, last: A, blocked: Blocked) -> Self {
        Self { first, last, blocked, around: None }
    }
}

/// Sorts larger networks before the smaller ones that begin at the same address; equal ones contain
/// each other.
fn nested<A: Copy + Ord>(mut nodes: Vec<Node<A>>) -> Box<[Node<A>]> {
    nodes.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
    let mut open: Vec<usize> = Vec::new();
    for place in 0..nodes.len() {
        while open.pop_if(|around| nodes[*around].last < nodes[place].last).is_some() {}
        let around = open.last().map(|&around| u32::try_from(around));
        nodes[place].around = around.map(|place| place.expect("there are fewer blocks than 2^32"));
        open.push(place);
    }
    nodes.into()
}

fn find<A: Copy + Ord>(nodes: &[Node<A>], address: A, now: Timestamp) -> Option<Blocked> {
    let mut place = nodes.partition_point(|node| node.first <= address).checked_sub(1);
    let mut found: Option<Blocked> = None;
    while let Some(node) = place.map(|place| &nodes[place]) {
        place = node.around.map(|place| place as usize);
        let holds = node.blocked.until.is_none_or(|until| now < until);
        if node.last < address || !holds {
            continue;
        }
        match (node.blocked.kind, found) {
            (BlockKind::Manual, _) => return Some(node.blocked),
            (BlockKind::Automatic, Some(other)) if ends_first(node.blocked, other) => {}
            (BlockKind::Automatic, _) => found = Some(node.blocked),
        }
    }
    found
}

fn ends_first(one: Blocked, other: Blocked) -> bool {
    match (one.until, other.until) {
        (Some(one), Some(other)) => one < other,
        (one, _) => one.is_some(),
    }
}
