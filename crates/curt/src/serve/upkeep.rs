//! Housekeeping: removes expired data, and announces that the node is alive.
//!
//! Every step is safe to repeat and to run on several nodes at once.

use std::time::Duration;

use curt_domain::{Clock, Timestamp};
use curt_store::{RESTORE_WINDOW, Store, StoreError};
use curt_web::REPLAY_AGE_MAX;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_mins(1);

/// How long changes are kept for nodes that were cut off; a node further behind starts anew.
const CHANGE_AGE_MAX: Duration = Duration::from_hours(1);

/// How long a journal segment is remembered as counted, for copies that turn up later.
const JOURNAL_MARK_AGE_MAX: Duration = Duration::from_hours(400 * 24);

/// How long clicks are kept in quarters of an hour: a month, and some days to compare with.
const CLICK_BUCKET_AGE_MAX: Duration = Duration::from_hours(35 * 24);

/// How often old clicks are rolled up into hours: it reads every bucket, and only saves space.
const ROLL_UP_INTERVAL: Duration = Duration::from_hours(6);

/// Links erased before housekeeping checks whether it should end.
const ERASE_LEN: u32 = 200;

/// What housekeeping needs.
pub(crate) struct Upkeep {
    pub(crate) store: Store,
    pub(crate) node_id: String,
    /// How long the audit log is kept.
    pub(crate) audit_keep: Duration,
    /// How long settled reports are kept.
    pub(crate) reports_keep: Duration,
}

impl Upkeep {
    pub(crate) async fn run(self, end: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // When, and up to where. Clicks counted late, from an old journal, are rolled up after the
        // next start.
        let mut rolled_up: Option<(Timestamp, Timestamp)> = None;
        let mut round = async || {
            ticks.tick().await;
            let now = Clock::System.now();
            self.tidy(now).await;
            let is_due = rolled_up.is_none_or(|(at, _)| ROLL_UP_INTERVAL <= now.since(at));
            let (since, until) =
                (rolled_up.map(|(_, until)| until), now.minus(CLICK_BUCKET_AGE_MAX));
            if is_due && is_done(self.store.roll_up_click_buckets(since, until).await) {
                rolled_up = Some((now, until));
            }
        };
        while end.run_until_cancelled(round()).await.is_some() {}
    }

    /// No step depends on another: links that cannot be erased must not stop the rest.
    async fn tidy(&self, now: Timestamp) {
        let store = &self.store;
        is_done(store.announce_node(&self.node_id, env!("CARGO_PKG_VERSION"), now).await);
        is_done(store.prune_changes(now.minus(CHANGE_AGE_MAX)).await);
        is_done(store.prune_replays(now.minus(REPLAY_AGE_MAX)).await);
        is_done(store.prune_journal_marks(now.minus(JOURNAL_MARK_AGE_MAX)).await);
        is_done(store.prune_ip_blocks(now).await);
        is_done(store.prune_logins(now).await);
        is_done(store.prune_invites(now).await);
        is_done(store.prune_audit(now.minus(self.audit_keep)).await);
        is_done(store.prune_reports(now.minus(self.reports_keep)).await);
        is_done(store.move_links(now).await);
        is_done(erase(store, now).await);
    }
}

async fn erase(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let deleted_before = now.minus(RESTORE_WINDOW);
    while u64::from(ERASE_LEN) <= store.erase_deleted(deleted_before, ERASE_LEN).await? {}
    Ok(())
}

/// The next round repeats what this one could not do.
fn is_done<T>(done: Result<T, StoreError>) -> bool {
    let done = done.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "housekeeping was cut short");
    });
    done.is_ok()
}
