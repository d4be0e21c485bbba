//! Follows the changes feed: this node forgets links that other nodes and commands change.
//!
//! One poll a second limits how long an old target is followed after an edit elsewhere, and shows
//! whether the database can be reached. A node that was cut off for too long forgets everything,
//! because its links may all have changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use curt_cache::LinkCache;
use curt_store::{ChangeKind, Changes, Store, StoreError};
use curt_web::{IpBlockList, Node, TargetBlockList};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait for an answer. A silent connection would make the store wait much longer than
/// another node's changes may take to arrive; the next poll takes another connection.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

/// Changes read at a time; after a full page the next one is read at once.
const PAGE_LEN: u32 = 1_000;

pub(crate) struct ChangesFeed {
    store: Store,
    cache: Arc<LinkCache>,
    node: Arc<Node>,
    target_blocks: TargetBlockList,
    ip_blocks: IpBlockList,
    /// The last change that this node knows.
    seq: u64,
    /// When the database last answered.
    reached_at: Instant,
    /// How long after that the cache may still be used.
    offline_max: Duration,
}

impl ChangesFeed {
    /// Starts after the newest change: the cache is still empty, and the block lists are read
    /// afterwards.
    pub(crate) async fn start(
        store: Store,
        cache: Arc<LinkCache>,
        node: Arc<Node>,
        target_blocks: TargetBlockList,
        ip_blocks: IpBlockList,
        offline_max: Duration,
    ) -> Result<Self, StoreError> {
        let seq = store.newest_change().await?;
        target_blocks.reload().await?;
        ip_blocks.reload().await?;
        let reached_at = Instant::now();
        Ok(Self { store, cache, node, target_blocks, ip_blocks, seq, reached_at, offline_max })
    }

    pub(crate) async fn run(mut self, end: CancellationToken) {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.poll().await,
                () = end.cancelled() => return,
            }
        }
    }

    async fn poll(&mut self) {
        let caught_up = timeout(ANSWER_TIME_MAX, self.catch_up()).await;
        let caught_up = caught_up.map_err(anyhow::Error::from).and_then(|done| Ok(done?));
        // Logged once per change of state, not once a second.
        if caught_up.is_ok() != self.node.reaches_database() {
            match &caught_up {
                Ok(()) => tracing::info!("the database can be reached again"),
                Err(error) => {
                    let error: &dyn std::error::Error = error.as_ref();
                    tracing::error!(error, "the database cannot be reached; serving from memory");
                }
            }
        }
        self.node.set_database_reached(caught_up.is_ok());
        if caught_up.is_ok() {
            self.reached_at = Instant::now();
        } else if self.offline_max <= self.reached_at.elapsed() {
            self.cache.clear();
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let (changes, seq) = match self.store.changes_after(self.seq, PAGE_LEN).await? {
                Changes::Next { changes, seq } => (changes, seq),
                Changes::TooFarBehind => {
                    // Read before clearing: changes in between are read again.
                    let newest = self.store.newest_change().await?;
                    tracing::warn!("too many changes were missed; forgetting all cached links");
                    self.cache.clear();
                    self.target_blocks.changed();
                    self.ip_blocks.reload().await?;
                    self.seq = newest;
                    return Ok(());
                }
            };
            let mut blocks_changed = false;
            for change in &changes {
                match change.kind {
                    ChangeKind::Link => self.cache.invalidate(&change.key),
                    ChangeKind::TargetBlocks => self.target_blocks.changed(),
                    ChangeKind::IpBlocks => blocks_changed = true,
                }
            }
            // Before this page counts as read: if the reload fails, the next poll reads the page
            // again.
            if blocks_changed {
                self.ip_blocks.reload().await?;
            }
            // Numbers have no gaps. Counting the changes that we understood would be wrong: a newer
            // release may report kinds of change that this release skips.
            let is_last = seq - self.seq < u64::from(PAGE_LEN);
            self.seq = seq;
            if is_last {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
