//! The clients that this node refuses.

use std::{net::IpAddr, sync::Arc};

use curt_cache::{Blocked, IpBlocks};
use curt_domain::{BLOCKS_MAX, BlockKind, Clock};
use curt_store::{Store, StoreError};
use tokio::sync::Mutex;

/// The blocks that this node enforces, and how it loads them.
#[derive(Clone)]
pub struct IpBlockList {
    store: Store,
    blocks: Arc<IpBlocks>,
    clock: Clock,
    /// Held while the list is read: of two reads, the later one's result must stay.
    reading: Arc<Mutex<()>>,
}

impl IpBlockList {
    /// No client is blocked until [`IpBlockList::reload`].
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, blocks: Arc::default(), clock, reading: Arc::default() }
    }

    /// Enforces the blocks in the database.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let reading = self.reading.lock().await;
        let blocks = self.store.ip_blocks(None, 2 * BLOCKS_MAX, self.clock.now()).await?;
        self.blocks.replace(&blocks);
        drop(reading);
        Ok(())
    }

    /// The block of this client; costs one load while there are no blocks.
    pub(crate) fn find(&self, client: IpAddr) -> Option<Blocked> {
        if !self.blocks.has_some() {
            return None;
        }
        self.blocks.find(client, self.clock.now())
    }

    /// Whether an administrator decided that this client gets nothing at all.
    pub fn is_blocked(&self, client: IpAddr) -> bool {
        self.find(client).is_some_and(|blocked| blocked.kind == BlockKind::Manual)
    }
}
