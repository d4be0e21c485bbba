//! Ids for new links, from a block that this node reserved in the database.

use std::{ops::Range, sync::Arc};

use curt_domain::LinkId;
use curt_store::{Store, StoreError};
use tokio::sync::Mutex;

/// Most ids per reservation, so one extra write per that many creates. The rest of a stopped node's
/// block is never used.
const BLOCK_LEN_MAX: u64 = 1_000;

/// Blocks grow by this factor: a command that makes one link takes one id, so short codes are not
/// used up by unused ids.
const BLOCK_GROWTH: u64 = 10;

/// How much further each miss skips: eight misses skip more than ten million neighbours.
const MISS_GROWTH: u64 = 10;

/// Hands out ids that no other node hands out.
#[derive(Clone)]
pub(crate) struct IdAllocator {
    store: Store,
    block: Arc<Mutex<Block>>,
}

struct Block {
    ids: Range<u64>,
    /// The length of the next block.
    next_len: u64,
}

impl IdAllocator {
    pub(crate) fn new(store: Store) -> Self {
        let block = Block { ids: 0..0, next_len: 1 };
        Self { store, block: Arc::new(Mutex::new(block)) }
    }

    /// The next id. Waits for the database only when the block is used up.
    pub(crate) async fn next(&self) -> Result<LinkId, StoreError> {
        let mut block = self.block.lock().await;
        loop {
            // 2^53 ids last 285 years at a million a second; past them there are none left.
            if let Some(id) = block.ids.next() {
                return Ok(LinkId::new(id).expect("fewer than 2^53 ids are handed out"));
            }
            block.ids = self.store.reserve_ids(block.next_len).await?;
            block.next_len = BLOCK_LEN_MAX.min(block.next_len * BLOCK_GROWTH);
        }
    }
}

impl IdAllocator {
    /// Skips the ids that follow one whose code was taken, ten times as many after every miss:
    /// imported links lie as close together as their ids once did.
    pub(crate) async fn leave(&self, id: LinkId, misses: u32) -> Result<(), StoreError> {
        let first = id.get() + MISS_GROWTH.pow(misses);
        let mut block = self.block.lock().await;
        if block.ids.end < first {
            let count = first - block.ids.end.max(id.get()) + block.next_len;
            block.ids = self.store.reserve_ids(count).await?;
        }
        block.ids.start = block.ids.start.max(first);
        drop(block);
        Ok(())
    }
}

/// 128 unpredictable bits, for random codes.
pub(crate) fn entropy() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once it has booted");
    u128::from_ne_bytes(bytes)
}
