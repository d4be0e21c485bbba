//! Watches over a backup in the making: it must neither fill the disk nor keep the write-ahead log
//! growing without end, it ends when the server does, and people see how far it is.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use curt_store::ProgressGuard;
use tokio_util::sync::CancellationToken;

use crate::terminal::{progress::Progress, text::size};

/// What a backup leaves free, so that the server beside it can go on writing: some write-ahead log,
/// and some room for people to react.
const FREE_KEPT: u64 = 16 << 20;

/// How far the write-ahead log may grow under the snapshot that a backup reads, if the database is
/// not larger than that itself: about a minute of the fastest writing that was measured.
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
    /// Absent when nobody looks.
    phase: Option<Mutex<Phase>>,
}

/// What is being done, for the line on the terminal.
struct Phase {
    doing: &'static str,
    progress: Progress,
    /// A file that grows up to about the size that the progress is of.
    growing: Option<PathBuf>,
}

impl Guard {
    /// For a backup into `directory`, of an SQLite database in `source` if it is one.
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

    /// Tells a person at a terminal how far it is.
    pub(crate) fn shown(mut self) -> Self {
        self.phase = Some(Mutex::new(Phase::new("starting", None)));
        self
    }

    pub(crate) fn begin(&self, doing: &'static str, growing: Option<(&Path, u64)>) {
        let Some(phase) = &self.phase else { return };
        *phase.lock().unwrap_or_else(PoisonError::into_inner) = Phase::new(doing, growing);
    }

    /// Refuses what will not fit, before it is begun.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), Stop> {
        self.check_free(bytes.saturating_add(FREE_KEPT))
    }

    /// Whether to go on; asked now and then.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.cancelled.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        self.show();
        self.check_free(FREE_KEPT)?;
        self.source.as_deref().map_or(Ok(()), check_log)
    }

    /// The same question in the form that the store asks it.
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

    /// The reason for an error: ours, when it was us who ended the work.
    pub(crate) fn reason(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        self.stopped.get().map_or_else(|| error.into(), |stop| stop.clone().into())
    }

    fn check_free(&self, needed: u64) -> Result<(), Stop> {
        // A file system that does not tell says so by its own error when it is full.
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
