//! The list of blocked targets, as this node loads it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use curt_cache::TargetBlocks;
use curt_domain::TargetPatternsBuilder;
use curt_store::{Store, StoreError};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

/// Patterns read at a time.
const SLICE_LEN: u32 = 10_000;

/// How long to wait before reading the list again after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Loads the list; clones share it.
#[derive(Clone)]
pub struct TargetBlockList {
    store: Store,
    pub(crate) blocks: Arc<TargetBlocks>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Held while the list is read: of two reads, the later one's result must stay.
    reading: Mutex<()>,
    changed: Notify,
    is_loaded: AtomicBool,
}

impl TargetBlockList {
    /// Nothing is blocked before [`TargetBlockList::reload`].
    pub fn new(store: Store, blocks: Arc<TargetBlocks>) -> Self {
        Self { store, blocks, shared: Arc::default() }
    }

    /// Reads the whole list and puts it in force.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let reading = self.shared.reading.lock().await;
        let mut builder = TargetPatternsBuilder::default();
        let mut after = 0;
        loop {
            let slice = self.store.target_patterns(after, SLICE_LEN).await?;
            let Some((last, _)) = slice.last() else { break };
            after = *last;
            for (_, pattern) in &slice {
                if let Err(error) = builder.add(pattern) {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "not all destinations are blocked");
                    break;
                }
            }
        }
        let blocks = Arc::clone(&self.blocks);
        // Laying out a million patterns takes a while.
        let built = tokio::task::spawn_blocking(move || blocks.replace(builder.build())).await;
        if let Err(error) = built {
            std::panic::resume_unwind(error.into_panic());
        }
        self.shared.is_loaded.store(true, Ordering::Release);
        drop(reading);
        Ok(())
    }

    /// Reads the list, unless it was read before.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if self.shared.is_loaded.load(Ordering::Acquire) { Ok(()) } else { self.reload().await }
    }

    /// Makes [`TargetBlockList::run`] read the list again, after a change.
    pub fn changed(&self) {
        self.shared.changed.notify_one();
    }

    /// Follows changes until the end. If a read fails, the old list stays and the read is retried.
    pub async fn run(self, end: CancellationToken) {
        let follow = async {
            loop {
                self.shared.changed.notified().await;
                while let Err(error) = self.reload().await {
                    warn(&error);
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                let (patterns, bytes) = self.blocks.size();
                tracing::info!(patterns, bytes, "read the list of blocked destinations");
            }
        };
        let _: Option<std::convert::Infallible> = end.run_until_cancelled(follow).await;
    }
}

fn warn(error: &StoreError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "the list of blocked destinations could not be read");
}
