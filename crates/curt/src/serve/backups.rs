//! The server's own backups: makes one when the newest is older than the interval, removes the
//! surplus, and reports the state to health and metrics.
//!
//! A failure leaves the older backups as they are and is retried after an hour. If old backups
//! cannot be removed, the new one still counts, and the next check tries again. Restarts make no
//! extra backups, and backups by `curt backup create` are never removed here.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use curt_domain::{Clock, Timestamp};
use curt_store::StoreSettings;
use curt_web::{BackupState, Node};
use prometheus_client::registry::Registry;
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::sync::CancellationToken;

use self::metrics::BackupMetrics;
use crate::{
    backup::{
        BackupConfig, Plan,
        directory::{Backup, BackupDir, Busy},
        guard::{Guard, Stop},
        make::{Made, Order, make},
        manifest::MadeBy,
        rotation::surplus,
    },
    terminal::text,
};

mod metrics;

/// How often to check whether a backup is due; steps of the clock are noticed as soon.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// How long to wait after a failure: a full disk needs the operator.
const RETRY_INTERVAL: Duration = Duration::from_hours(1);

/// How much older than the interval the newest backup may be: making one takes time.
const GRACE: Duration = Duration::from_hours(1);

pub(crate) struct Schedule {
    pub(crate) plan: Plan,
    pub(crate) directory: BackupDir,
    pub(crate) database: StoreSettings,
    /// The fingerprint of the secret: several deployments may share a directory.
    pub(crate) key_check: String,
    pub(crate) node: Arc<Node>,
    pub(crate) metrics: BackupMetrics,
    pub(crate) clock: Clock,
    pub(crate) failed_at: Option<Timestamp>,
}

impl Schedule {
    /// Absent if the server makes no backups.
    pub(crate) fn new(
        settings: &BackupConfig,
        database: &StoreSettings,
        key_check: String,
        node: &Arc<Node>,
        registry: &mut Registry,
    ) -> Option<Self> {
        Some(Self {
            plan: settings.plan?,
            directory: BackupDir::new(&settings.directory),
            database: database.clone(),
            key_check,
            node: Arc::clone(node),
            metrics: BackupMetrics::register(registry),
            clock: Clock::System,
            failed_at: None,
        })
    }

    /// Runs on its own thread, because everything about a backup blocks. Ends, together with a
    /// backup under way, when `end` is cancelled; a tool that hangs does not delay the end.
    pub(crate) async fn run(mut self, end: CancellationToken) {
        let (finished, is_finished) = oneshot::channel::<()>();
        let (ending, is_ending) = mpsc::channel::<()>();
        let (runtime, cancelled) = (Handle::current(), end.clone());
        let thread = thread::Builder::new().name("backup".to_owned()).spawn(move || {
            loop {
                self.look(&runtime, &cancelled);
                // Nothing is ever sent: the other end is dropped.
                if is_ending.recv_timeout(LOOK_INTERVAL) != Err(mpsc::RecvTimeoutError::Timeout) {
                    break;
                }
            }
            drop(finished);
        });
        if let Err(error) = thread {
            tracing::error!(error = &error as &dyn std::error::Error, "backups cannot be made");
            return;
        }
        end.cancelled().await;
        drop(ending);
        is_finished.await.unwrap_or_default();
    }

    /// Makes a backup if one is due, and reports the state.
    pub(crate) fn look(&mut self, runtime: &Handle, cancelled: &CancellationToken) {
        let now = self.clock.now();
        // A panic must not stop the backups unnoticed. The next backup removes the files that a
        // panic leaves, and the schedule itself changes only after a success.
        let attempt = AssertUnwindSafe(|| self.make_if_due(now, runtime, cancelled));
        let made = panic::catch_unwind(attempt)
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the program panicked; the log says where")));
        if let Err(error) = made {
            match error.downcast_ref::<Stop>() {
                Some(Stop::Cancelled) => {}
                // Another process is making a backup; the next check is a minute later.
                _ if error.is::<Busy>() => {}
                _ => {
                    let error: &dyn std::error::Error = error.as_ref();
                    tracing::error!(error, "the backup failed; the older ones are kept");
                    self.metrics.failed();
                    self.failed_at = Some(now);
                }
            }
        }
        if self.failed_at.is_none() {
            self.try_to_rotate();
        }
        self.tell();
    }

    fn make_if_due(
        &mut self,
        now: Timestamp,
        runtime: &Handle,
        cancelled: &CancellationToken,
    ) -> anyhow::Result<()> {
        let scheduled = self.own()?.into_iter().filter(is_scheduled);
        // A time in the future comes from a wrong clock, and does not count.
        let newest = scheduled.filter_map(|backup| backup.made_at).find(|at| *at <= now);
        if !self.is_due(newest, now) {
            return Ok(());
        }
        let started = Instant::now();
        let source = self.database.database.sqlite_path();
        let order = Order {
            database: &self.database,
            directory: &self.directory,
            made_by: MadeBy::Schedule,
            now,
            guard: &Arc::new(Guard::new(self.directory.path(), source, cancelled.clone())),
            runtime,
        };
        let Made { path, manifest } = make(&order)?;
        self.failed_at = None;
        self.metrics.made(started.elapsed());
        let (file, size) = (path.display(), text::size(manifest.bytes));
        tracing::info!(%file, size, links = manifest.links, took = ?started.elapsed(), "made a backup");
        Ok(())
    }

    fn is_due(&self, newest: Option<Timestamp>, now: Timestamp) -> bool {
        let is_over = |since: Option<Timestamp>, time: Duration| {
            since.is_none_or(|since| now < since || time <= now.since(since))
        };
        is_over(newest, self.plan.interval) && is_over(self.failed_at, RETRY_INTERVAL)
    }

    /// The new backup counts even if the older ones cannot be removed.
    fn try_to_rotate(&self) {
        match self.rotate() {
            Err(error) if !error.is::<Busy>() => {
                let error: &dyn std::error::Error = error.as_ref();
                tracing::error!(error, "old backups could not be removed");
            }
            // The holder of the lock is done by one of the next checks.
            Ok(()) | Err(_) => {}
        }
    }

    fn rotate(&self) -> anyhow::Result<()> {
        let scheduled: Vec<Backup> = self.own()?.into_iter().filter(is_scheduled).collect();
        let times: Vec<Timestamp> = scheduled.iter().filter_map(|backup| backup.made_at).collect();
        let surplus = surplus(&times, self.plan.keep);
        if surplus.is_empty() {
            return Ok(());
        }
        let locked = self.directory.lock()?;
        for backup in &scheduled {
            if backup.made_at.is_some_and(|at| surplus.contains(&at)) {
                locked.remove(backup)?;
                tracing::info!(file = %backup.path.display(), "removed an old backup");
            }
        }
        Ok(())
    }

    /// The whole backups of this deployment, newest first.
    fn own(&self) -> anyhow::Result<Vec<Backup>> {
        let engine = self.database.database.engine().as_str();
        let is_own = |backup: &Backup| {
            backup.is_complete()
                && backup.manifest.as_ref().is_some_and(|manifest| {
                    manifest.engine == engine
                        && manifest.key_check.as_ref() == Some(&self.key_check)
                })
        };
        let mut backups = self.directory.list()?;
        backups.retain(is_own);
        Ok(backups)
    }

    fn tell(&self) {
        // The attempt to make a backup has already reported that they cannot be listed.
        let now = self.clock.now();
        let is_past = |backup: &Backup| backup.made_at.is_some_and(|at| at <= now);
        let newest = self.own().ok().and_then(|backups| backups.into_iter().find(is_past));
        let state = BackupState {
            newest_at: newest.as_ref().and_then(|backup| backup.made_at),
            age_max: self.plan.interval + GRACE,
            failing: self.failed_at.is_some(),
        };
        self.node.set_backup(state);
        if let Some((backup, at)) = newest.as_ref().zip(state.newest_at) {
            self.metrics.newest(at, backup.bytes);
        }
    }
}

fn is_scheduled(backup: &Backup) -> bool {
    backup.manifest.as_ref().is_some_and(|manifest| manifest.made_by == MadeBy::Schedule)
}

#[cfg(test)]
mod tests;
