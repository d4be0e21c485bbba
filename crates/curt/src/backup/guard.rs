//! Watches a backup in the making. The backup must not fill the disk or make the write-ahead log
//! grow without limit, it ends with the server, and the user sees how far it is.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use curt_store::ProgressGuard;
use tokio_util::sync::CancellationToken;

use crate::terminal::{progress::Progress, text::size};

/// Space that a backup leaves free, so that the server can go on writing: some write-ahead log, and
/// time for the operator to react.
const FREE_KEPT: u64 = 16 << 20;

/// How large the write-ahead log may become under the snapshot that a backup reads; the size of the
/// database counts instead if that is larger. About a minute of the fastest writing measured.
const LOG_BYTES_MIN: u64 = 1 << 30;

/// Why a backup ended before it was made.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the server is stopping")]
    Cancelled,
    #[error(
        "the disk of {} is too full: {} are free, {} are needed", .directory.display(),
        size(*.free), size(*.needed)
    )]
    DiskFull { directory: PathBuf, free: u64, needed: u64 },
    #[error("so much was written meanwhile that the write-ahead log grew to {}", size(*.bytes))]
    LogTooLong { bytes: u64 },
}

pub(crate) struct Guard {
    directory: PathBuf,
    source: Option<PathBuf>,
    cancelled: CancellationToken,
    stopped: OnceLock<Stop>,
    /// Absent if no user is watching.
    phase: Option<Mutex<Phase>>,
}

/// The current step, for the line on the terminal.
struct Phase {
    doing: &'static str,
    progress: Progress,
    /// A growing file, whose final size is about the progress's total.
    growing: Option<PathBuf>,
}

impl Guard {
    /// For a backup into `directory`, of the SQLite database in `source` if there is one.
    pub(crate) fn new(
        directory: &Path,
        source: Option<&Path>,
        cancelled: CancellationToken,
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            source: source.map(Path::to_owned),
            cancelled,
            stopped: OnceLock::new(),
            phase: None,
        }
    }

    /// Shows the progress to a user at a terminal.
    pub(crate) fn shown(mut self) -> Self {
        self.phase = Some(Mutex::new(Phase::new("starting", None)));
        self
    }

    pub(crate) fn begin(&self, doing: &'static str, growing: Option<(&Path, u64)>) {
        let Some(phase) = &self.phase else { return };
        *phase.lock().unwrap_or_else(PoisonError::into_inner) = Phase::new(doing, growing);
    }

    /// Refuses a backup that will not fit before it begins.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), Stop> {
        self.check_free(bytes.saturating_add(FREE_KEPT))
    }

    /// Whether to go on; called regularly.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.cancelled.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        self.show();
        self.check_free(FREE_KEPT)?;
        self.source.as_deref().map_or(Ok(()), check_log)
    }

    /// The same check in the form that the store calls.
    pub(crate) fn progress_guard(self: &Arc<Self>) -> ProgressGuard {
        let guard = Arc::clone(self);
        Arc::new(move || match guard.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(stop) => {
                guard.stopped.set(stop).ok();
                ControlFlow::Break(())
            }
        })
    }

    /// The reason for an error: the stop, if the guard ended the work.
    pub(crate) fn reason(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        self.stopped.get().map_or_else(|| error.into(), |stop| stop.clone().into())
    }

    fn check_free(&self, needed: u64) -> Result<(), Stop> {
        // Some file systems do not report free space; they fail when they are full.
        let Ok(stat) = rustix::fs::statvfs(&self.directory) else { return Ok(()) };
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        if needed <= free {
            return Ok(());
        }
        Err(Stop::DiskFull { directory: self.directory.clone(), free, needed })
    }

    fn show(&self) {
        if let Some(phase) = &self.phase {
            phase.lock().unwrap_or_else(PoisonError::into_inner).show();
        }
    }
}

impl Phase {
    fn new(doing: &'static str, growing: Option<(&Path, u64)>) -> Self {
        let progress =
            growing.map_or_else(Progress::open_ended, |(_, bytes)| Progress::of_bytes(bytes));
        Self { doing, progress, growing: growing.map(|(path, _)| path.to_owned()) }
    }

    fn show(&self) {
        let len = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let bytes = self.growing.as_ref().map_or(0, len);
        self.progress.set(bytes, format!("{}, {} s", self.doing, self.progress.seconds()));
    }
}

fn check_log(database: &Path) -> Result<(), Stop> {
    let len = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let bytes = len(Path::new(&log));
    if bytes <= LOG_BYTES_MIN.max(len(database)) { Ok(()) } else { Err(Stop::LogTooLong { bytes }) }
}

#[cfg(test)]
mod tests;
