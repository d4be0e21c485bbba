//! Which clients are blocked: an immutable table that is replaced as a whole.
//!
//! A redirect asks it, so nothing waits and nothing is allocated: one load while nobody is blocked,
//! else a binary search. Blocks end by the clock that comes with the call; no reload is needed.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwap;
use curt_domain::{IpBlock, Timestamp};

mod table;

pub use table::Blocked;
use table::Table;

/// The blocks that this node knows of. Its methods take `&self`: share it in an `Arc`.
#[derive(Default)]
pub struct IpBlocks {
    has_some: AtomicBool,
    table: ArcSwap<Table>,
}

impl IpBlocks {
    /// From now on these, and no others.
    pub fn replace(&self, blocks: &[IpBlock]) {
        self.table.store(Table::new(blocks).into());
        // After the table: who sees none for a moment longer sees what held a moment ago.
        self.has_some.store(!blocks.is_empty(), Ordering::Release);
    }

    /// Whether anybody may be blocked at all: the one load that most redirects need.
    pub fn has_some(&self) -> bool {
        self.has_some.load(Ordering::Acquire)
    }

    /// The block of this client, a manual one before all others.
    pub fn find(&self, client: IpAddr, now: Timestamp) -> Option<Blocked> {
        self.table.load().find(client, now)
    }
}

#[cfg(test)]
mod tests;
