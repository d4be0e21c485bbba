//! Which clients are blocked: an immutable table that is replaced as a whole.
//!
//! Redirects read it, so it never waits or allocates: one load while no client is blocked,
//! otherwise a binary search. Blocks end by the clock that comes with the call, without a reload.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwap;
use curt_domain::{IpBlock, Timestamp};

mod table;

pub use table::Blocked;
use table::Table;

/// This node's copy of the blocks. Its methods take `&self`: share it in an `Arc`.
#[derive(Default)]
pub struct IpBlocks {
    has_some: AtomicBool,
    table: ArcSwap<Table>,
}

impl IpBlocks {
    /// Replaces all blocks by these.
    pub fn replace(&self, blocks: &[IpBlock]) {
        self.table.store(Table::new(blocks).into());
        // After the table: a reader that misses the change for a moment sees the previous state.
        self.has_some.store(!blocks.is_empty(), Ordering::Release);
    }

    /// Whether any client may be blocked at all: the one load that most redirects need.
    pub fn has_some(&self) -> bool {
        self.has_some.load(Ordering::Acquire)
    }

    /// The block of this client; a manual one takes precedence.
    pub fn find(&self, client: IpAddr, now: Timestamp) -> Option<Blocked> {
        self.table.load().find(client, now)
    }
}

#[cfg(test)]
mod tests;
