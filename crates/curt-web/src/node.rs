//! Whether this node should get traffic, and whether it reaches its database.

use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use curt_domain::{Clock, Timestamp};
use curt_store::Store;

use crate::memo::Memo;

/// How long the result of a database ping is reused: the health endpoint has no rate limit, and a
/// flood of requests to it must not become a flood of reads.
const PING_KEEP: Duration = Duration::from_secs(1);

/// Shared by the probes, the redirect and the tasks that update it.
pub struct Node {
    store: Store,
    stopping: AtomicBool,
    closing: AtomicBool,
    database_reached: AtomicBool,
    ping: Memo<Option<Duration>>,
    /// Absent if no task makes backups, or none has reported yet.
    backup: Mutex<Option<BackupState>>,
}

/// The state of the server's own backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupState {
    /// When the newest verified backup was made.
    pub newest_at: Option<Timestamp>,
    /// How old that backup may be.
    pub age_max: Duration,
    /// Whether the latest attempt failed.
    pub failing: bool,
}

/// Why the node should get no traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotReady {
    Stopping,
    StorageFailed,
}

impl Node {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            stopping: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            database_reached: AtomicBool::new(true),
            ping: Memo::new(PING_KEEP),
            backup: Mutex::new(None),
        }
    }

    /// From now on the node reports that it is not ready.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// From now on clients are asked to go elsewhere. Not before the listener is closed: clients
    /// asked earlier come back over new connections, and those still in the kernel's queue at the
    /// moment of closing are reset.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Set by the task that follows the changes feed: it asks the database every second.
    pub fn set_database_reached(&self, reached: bool) {
        self.database_reached.store(reached, Ordering::Relaxed);
    }

    pub fn reaches_database(&self) -> bool {
        self.database_reached.load(Ordering::Relaxed)
    }

    /// How fast the database answered, now or within the last second; `None` if it did not.
    pub(crate) async fn database_latency(&self, clock: &Clock) -> Option<Duration> {
        let store = self.store.clone();
        let ping = async move {
            let start = Instant::now();
            let is_reached = store.ping().await.is_ok();
            Ok::<_, Infallible>(is_reached.then(|| start.elapsed()))
        };
        let Ok(pinged) = self.ping.get(clock, ping).await;
        pinged.value
    }

    /// Set by the task that makes backups.
    pub fn set_backup(&self, state: BackupState) {
        *self.backup.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    pub(crate) fn backup(&self) -> Option<BackupState> {
        *self.backup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn readiness(&self) -> Result<(), NotReady> {
        if self.is_stopping() {
            return Err(NotReady::Stopping);
        }
        if self.store.storage_failed() { Err(NotReady::StorageFailed) } else { Ok(()) }
    }
}
