//! Makes one backup: copies or dumps, verifies, computes the checksum, syncs, and then names it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Context as _;
use curt_domain::Timestamp;
use curt_store::{
    Contents, ProgressGuard, StoreMetrics, StoreSettings, copy_sqlite, inspect_sqlite,
};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use super::{
    directory::{BackupDir, Partial},
    guard::Guard,
    manifest::{MadeBy, Manifest},
    tools::Tools,
};
use crate::{database, terminal::text};

/// Below everything that serves requests; a backup has time.
const NICE: i32 = 10;

/// Synced at a time while the file is written. One sync of a gigabyte at the end would keep the
/// disk busy for seconds, and every commit would wait: p99 of creates grew tenfold when measured.
const PORTION_LEN: u64 = 4 << 20;

/// Read at a time for the checksum.
const CHUNK_LEN: usize = 1 << 20;

/// Which database to back up, where to, and who asked.
pub(crate) struct Order<'a> {
    pub(crate) database: &'a StoreSettings,
    pub(crate) directory: &'a BackupDir,
    pub(crate) made_by: MadeBy,
    pub(crate) now: Timestamp,
    pub(crate) guard: &'a Arc<Guard>,
    /// For queries to database servers.
    pub(crate) runtime: &'a Handle,
}

/// A backup that has its name.
pub(crate) struct Made {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
}

/// Makes the backup on this thread, which should have no other work: its priority is low from now
/// on. A failure leaves nothing behind.
pub(crate) fn make(order: &Order<'_>) -> anyhow::Result<Made> {
    be_nice();
    let engine = order.database.database.engine();
    if let Some(path) = order.database.database.sqlite_path() {
        anyhow::ensure!(path.exists(), "{} does not exist yet", path.display());
    }
    let locked = order.directory.lock()?;
    locked.remove_leftovers().context("removing what an earlier backup left")?;
    let partial = locked.begin(order.now, engine)?;
    let contents = match Tools::of(engine) {
        None => copy(order, &partial)?,
        Some(tools) => dump(order, &partial, tools)?,
    };
    order.guard.begin("reading it back", None);
    let sealed = seal(partial.path(), order.guard)?;
    let manifest = Manifest::new(order.now, order.made_by, engine.as_str(), sealed, contents);
    let path = partial.publish(&manifest).context("giving the backup its name")?;
    Ok(Made { path, manifest })
}

fn be_nice() {
    // Every process may lower its priority. If that fails, the backup only takes more of the core.
    rustix::process::setpriority_process(None, NICE).ok();
}

fn copy(order: &Order<'_>, partial: &Partial<'_>) -> anyhow::Result<Contents> {
    let Order { guard, .. } = order;
    let source = order.database.database.sqlite_path().context("the database is not SQLite")?;
    let len = source.metadata().with_context(|| format!("reading {}", source.display()))?.len();
    guard.check_room(len)?;
    guard.begin("copying", Some((partial.path(), len)));
    let progress = writing_back(partial.path(), guard.progress_guard())?;
    copy_sqlite(source, partial.path(), progress).map_err(|error| guard.reason(error))?;
    guard.begin("checking", None);
    let inspected = inspect_sqlite(partial.path(), guard.progress_guard());
    inspected.map_err(|error| guard.reason(error)).context("the copy is no whole database")
}

/// Syncs the growing file portion by portion, and watches it.
fn writing_back(path: &Path, progress: ProgressGuard) -> anyhow::Result<ProgressGuard> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let synced = AtomicU64::new(0);
    Ok(Arc::new(move || {
        let len = file.metadata().map_or(0, |metadata| metadata.len());
        if PORTION_LEN <= len.saturating_sub(synced.load(Ordering::Relaxed)) {
            // If this fails, the sync at the end fails too, and that failure is reported.
            file.sync_data().ok();
            synced.store(len, Ordering::Relaxed);
        }
        progress()
    }))
}

/// Counted just before the dump: the tools do not report which moment they dump.
fn dump(order: &Order<'_>, partial: &Partial<'_>, tools: Tools) -> anyhow::Result<Contents> {
    let contents = order.runtime.block_on(async {
        let store = database::connect(order.database, StoreMetrics::unregistered()).await?;
        let contents = store.contents().await;
        store.close().await;
        contents.context("counting what there is to back up")
    })?;
    order.guard.begin("dumping", None);
    tools.dump(&order.database.database, partial.path(), order.guard)?;
    order.guard.begin("checking", None);
    tools.check(partial.path(), order.guard)?;
    Ok(contents)
}

/// Syncs the file; returns its length and its SHA-256.
fn seal(path: &Path, guard: &Guard) -> anyhow::Result<(u64, String)> {
    let sealed = checksum(path, guard)?;
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("syncing {}", path.display()))?;
    Ok(sealed)
}

pub(crate) fn checksum(path: &Path, guard: &Guard) -> anyhow::Result<(u64, String)> {
    read_through(path, |_| Ok(guard.check()?))
}

/// Passes the file on piece by piece; returns its length and its SHA-256.
pub(crate) fn read_through(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<(u64, String)> {
    let reading = || format!("reading {}", path.display());
    let mut file = File::open(path).with_context(reading)?;
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    let mut chunk = vec![0; CHUNK_LEN];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((bytes, text::hex(&digest.finalize()))),
            Ok(len) => {
                each(&chunk[..len])?;
                digest.update(&chunk[..len]);
                bytes += len as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).with_context(reading),
        }
    }
}
