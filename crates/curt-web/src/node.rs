//! Whether this node should get traffic, and how it stands with its database.

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

/// How long the database's latest sign of life is told to whoever asks: the health has no limit,
/// and a flood of such questions must not become one of reads.
const PING_KEEP: Duration = Duration::from_secs(1);

/// Shared by the probes, the redirect and the tasks that learn about the world.
pub struct Node {
    store: Store,
    stopping: AtomicBool,
    closing: AtomicBool,
    database_reached: AtomicBool,
    ping: Memo<Option<Duration>>,
    /// Absent while nobody makes backups, or has told yet.
    backup: Mutex<Option<BackupState>>,
}

/// How the server's own backups stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupState {
    /// When the newest verified one was made.
    pub newest_at: Option<Timestamp>,
    /// How old that may be.
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

    /// From now on the node says that it is not ready.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// From now on clients are asked to go elsewhere. Not before the listener is closed: asked
    /// earlier, they come back over new connections, and those that the kernel has let in at the
    /// moment of closing are reset.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Told by the task that follows the changes feed: it asks the database every second.
    pub fn set_database_reached(&self, reached: bool) {
        self.database_reached.store(reached, Ordering::Relaxed);
    }

    pub fn reaches_database(&self) -> bool {
        self.database_reached.load(Ordering::Relaxed)
    }

    /// In what time the database answered, now or within the last second; `None` if it did not.
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

    /// Told by the task that makes backups.
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
