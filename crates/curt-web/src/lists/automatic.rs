//! Clients that were refused so often that they are blocked for a while.
//!
//! A request only notes them; a task writes the blocks for all nodes, at most once a second. Until
//! then, and while the database is unreachable, the limits keep refusing. A block that finds no
//! room is forgotten: a client that goes on is noted again.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use curt_domain::{BlockKind, BlockReason, Caller, Clock, Network, Timestamp};
use curt_store::{BLOCKS_AT_ONCE_MAX, NewIpBlock, Store, StoreError};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use super::ip_blocks::IpBlockList;

/// Least time between two transactions, so that a distributed flood costs one per second.
const PAUSE: Duration = Duration::from_secs(1);

const REASON: &str = "too many refused requests";

/// Clients waiting to be blocked.
#[derive(Clone, Default)]
pub(crate) struct Suspects(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    networks: Mutex<HashSet<Network>>,
    came: Notify,
}

impl Suspects {
    pub(crate) fn add(&self, client: IpAddr) {
        let mut networks = self.0.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.len() < BLOCKS_AT_ONCE_MAX && networks.insert(Network::of_client(client)) {
            self.0.came.notify_one();
        }
    }

    fn take(&self) -> Vec<Network> {
        let mut networks = self.0.networks.lock().unwrap_or_else(PoisonError::into_inner);
        networks.drain().collect()
    }
}

/// The task that writes the blocks.
pub struct AutomaticBlocks {
    pub(crate) suspects: Suspects,
    pub(crate) list: IpBlockList,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// For how long to block.
    pub(crate) block_for: Duration,
}

impl AutomaticBlocks {
    pub async fn run(self, end: CancellationToken) {
        let round = async || {
            self.suspects.0.came.notified().await;
            self.write().await;
            sleep(PAUSE).await;
        };
        while end.run_until_cancelled(round()).await.is_some() {}
    }

    /// Blocks the clients that are waiting now.
    pub async fn write(&self) {
        let now = self.clock.now();
        let mut networks = self.suspects.take();
        networks.retain(|network| self.list.find(network.first()).is_none());
        if networks.is_empty() {
            return;
        }
        let block = |network: &Network| NewIpBlock {
            network: *network,
            kind: BlockKind::Automatic,
            reason: Some(BlockReason::parse(REASON).expect("our own words are a reason")),
            until: Some(now.plus(self.block_for)),
        };
        match self.enforce(networks.iter().map(block).collect(), now).await {
            Ok(clients) if clients == networks.len() => {
                tracing::info!(clients, "blocked clients for a while");
            }
            Ok(clients) => {
                let left_out = networks.len() - clients;
                tracing::warn!(clients, left_out, "blocked as many clients as there is room for");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "clients that ask too often could not be blocked");
            }
        }
    }

    /// The number of blocks that there was room for.
    async fn enforce(&self, blocks: Vec<NewIpBlock>, now: Timestamp) -> Result<usize, StoreError> {
        let added = self.store.add_ip_blocks(blocks, &Caller::SYSTEM, now).await?;
        self.list.reload().await?;
        Ok(added.len())
    }
}
