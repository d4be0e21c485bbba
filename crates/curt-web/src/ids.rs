//! Ids for new links, from a block that this node reserved in the database.

use std::{ops::Range, sync::Arc};

use curt_domain::LinkId;
use curt_store::{Store, StoreError};
use tokio::sync::Mutex;

/// Ids per reservation: one more write for every so many creates. What a stopped node had left of
/// its block is never used.
const BLOCK_LEN: u64 = 1_000;

/// Hands out ids that no other node hands out.
#[derive(Clone)]
pub(crate) struct IdAllocator {
    store: Store,
    block: Arc<Mutex<Range<u64>>>,
}

impl IdAllocator {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, block: Arc::default() }
    }

    /// The next id. Waits for the database only when the block is used up.
    pub(crate) async fn next(&self) -> Result<LinkId, StoreError> {
        let mut block = self.block.lock().await;
        loop {
            // 2^53 ids are 285 years of a million a second; past them there is nothing to give.
            match block.next() {
                Some(id) => return Ok(LinkId::new(id).expect("fewer than 2^53 ids are handed out")),
                None => *block = self.store.reserve_ids(BLOCK_LEN).await?,
            }
        }
    }
}

/// 128 bits that nobody can guess, for codes that are drawn.
pub(crate) fn entropy() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once it has booted");
    u128::from_ne_bytes(bytes)
}
