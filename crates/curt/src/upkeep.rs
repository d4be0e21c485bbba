//! Housekeeping: what has had its time is removed, and the node says that it lives.
//!
//! Every step is safe to repeat and to run on several nodes at once.

use std::time::Duration;

use curt_domain::{Clock, Timestamp};
use curt_store::{RESTORE_WINDOW, Store, StoreError};
use curt_web::REPLAY_AGE_MAX;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_mins(1);

/// How long changes are kept for nodes that were cut off; what is further behind starts anew.
const CHANGE_AGE_MAX: Duration = Duration::from_hours(1);

/// How long it is known of a journal segment that it was counted, for copies that turn up later.
const JOURNAL_MARK_AGE_MAX: Duration = Duration::from_hours(400 * 24);

/// How long clicks are told apart by quarters of an hour: a month, and some days to compare with.
const CLICK_BUCKET_AGE_MAX: Duration = Duration::from_hours(35 * 24);

/// Old clicks become hours so often: it looks at every bucket there is, and saves room only.
const FOLD_INTERVAL: Duration = Duration::from_hours(6);

/// Links erased before housekeeping looks whether it should end.
const ERASE_LEN: u32 = 200;

pub(crate) async fn run(store: Store, node_id: String, end: CancellationToken) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut folded_at = None;
    let mut round = async || {
        ticks.tick().await;
        let now = Clock::System.now();
        tidy(&store, &node_id, now).await?;
        if folded_at.is_none_or(|at| FOLD_INTERVAL <= now.since(at)) {
            store.fold_click_buckets(now.minus(CLICK_BUCKET_AGE_MAX)).await?;
            folded_at = Some(now);
        }
        Ok::<_, StoreError>(())
    };
    while let Some(done) = end.run_until_cancelled(round()).await {
        // The next round does what this one could not.
        if let Err(error) = done {
            tracing::warn!(error = &error as &dyn std::error::Error, "housekeeping was cut short");
        }
    }
}

async fn tidy(store: &Store, node_id: &str, now: Timestamp) -> Result<(), StoreError> {
    store.announce_node(node_id, env!("CARGO_PKG_VERSION"), now).await?;
    store.prune_changes(now.minus(CHANGE_AGE_MAX)).await?;
    store.prune_replays(now.minus(REPLAY_AGE_MAX)).await?;
    store.prune_journal_marks(now.minus(JOURNAL_MARK_AGE_MAX)).await?;
    while u64::from(ERASE_LEN) <= store.erase_deleted(now.minus(RESTORE_WINDOW), ERASE_LEN).await? {
    }
    Ok(())
}
