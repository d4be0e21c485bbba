//! The directory of the backups: which backups it holds, and how a new one is added.
//!
//! **Invariant:** a file with a backup's name is whole, verified and synced. An unfinished file has
//! another name, and the next backup removes what a dead process left.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use curt_domain::Timestamp;
use curt_store::Engine;

use super::{format::extension, manifest::Manifest};
use crate::failure::{Exit, Failure};

/// Names the newest backup where a command takes a file.
pub(crate) const LATEST: &str = "latest";

const MODE_PRIVATE_DIR: u32 = 0o700;
const MODE_PRIVATE_FILE: u32 = 0o600;
const LOCK_FILE: &str = ".lock";
const PREFIX: &str = "curt-";
const PARTIAL_SUFFIX: &str = ".partial";

/// Names have a resolution of one second; at most this many backups are made within one.
const SAME_SECOND_MAX: u64 = 60;

pub(crate) struct BackupDir {
    path: PathBuf,
}

/// A backup, as its name and its manifest describe it.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) made_at: Option<Timestamp>,
    pub(crate) manifest: Option<Manifest>,
    /// Why the manifest that is there cannot be used.
    pub(crate) manifest_problem: Option<String>,
}

/// While it is held, no other process makes or removes backups here.
pub(crate) struct LockedBackupDir<'a> {
    directory: &'a BackupDir,
    lock: File,
}

/// A backup in the making; removed when it is dropped.
pub(crate) struct Partial<'a> {
    directory: &'a Path,
    path: PathBuf,
    name: String,
}

/// Another process is making a backup.
#[derive(Debug, thiserror::Error)]
#[error("another backup is being made in {}", .directory.display())]
pub(crate) struct Busy {
    directory: PathBuf,
}

impl Backup {
    /// The backup at a path, which must exist.
    pub(crate) fn at(path: PathBuf) -> io::Result<Self> {
        let metadata = fs::metadata(&path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let (manifest, manifest_problem) = match Manifest::read(&path) {
            Ok(manifest) => (manifest, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let told = manifest.as_ref().map(Manifest::made_at);
        let made_at = told.or_else(|| time_of_name(path.file_name()?.to_str()?));
        Ok(Self { path, bytes: metadata.len(), made_at, manifest, manifest_problem })
    }

    /// Whether it was verified when it was made, and still has the size that it had then.
    pub(crate) fn is_complete(&self) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.bytes == self.bytes)
    }
}

impl BackupDir {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All backups, newest first; none when there is no directory yet.
    pub(crate) fn list(&self) -> anyhow::Result<Vec<Backup>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| self.doing("reading")),
        };
        let mut backups = Vec::new();
        for entry in entries {
            let name = entry.with_context(|| self.doing("reading"))?.file_name();
            if !name.to_str().is_some_and(is_backup_name) {
                continue;
            }
            let path = self.path.join(name);
            // Another program may have used such a name, for a directory perhaps. It must not hide
            // the backups beside it.
            if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
                continue;
            }
            let doing = format!("reading {}", path.display());
            match Backup::at(path) {
                Ok(backup) => backups.push(backup),
                // Rotation may have removed it since the listing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).context(doing),
            }
        }
        // By name if the times are equal or unknown: names hold times too.
        backups.sort_by(|a, b| (b.made_at, &b.path).cmp(&(a.made_at, &a.path)));
        Ok(backups)
    }

    /// The newest backup, or the one in a file, here or elsewhere.
    pub(crate) fn find(&self, which: &str) -> anyhow::Result<Backup> {
        if which == LATEST {
            let newest = self.list()?.into_iter().next();
            return newest.ok_or_else(|| self.none_there().into());
        }
        let path = [PathBuf::from(which), self.path.join(which)];
        let Some(path) = path.into_iter().find(|path| path.exists()) else {
            let directory = self.path.display();
            let missing = format_args!("{which}: no such file, nor in {directory}");
            return Err(Failure::new(Exit::NotFound, missing).into());
        };
        Backup::at(path).with_context(|| format!("reading {which}"))
    }

    /// The failure of a command that needs at least one backup.
    pub(crate) fn none_there(&self) -> Failure {
        let missing = format_args!("there is no backup in {}", self.path.display());
        Failure::new(Exit::NotFound, missing)
    }

    /// Creates the directory when it is absent.
    pub(crate) fn lock(&self) -> anyhow::Result<LockedBackupDir<'_>> {
        if !self.path.is_dir() {
            let made = DirBuilder::new().recursive(true).mode(MODE_PRIVATE_DIR).create(&self.path);
            made.with_context(|| self.doing("creating"))?;
        }
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE_PRIVATE_FILE)
            .open(self.path.join(LOCK_FILE))
            .with_context(|| self.doing("locking"))?;
        match lock.try_lock() {
            Ok(()) => Ok(LockedBackupDir { directory: self, lock }),
            Err(TryLockError::WouldBlock) => Err(Busy { directory: self.path.clone() }.into()),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| self.doing("locking")),
        }
    }

    fn doing(&self, what: &str) -> String {
        format!("{what} the backup directory {}", self.path.display())
    }
}

/// Unlocks explicitly. A child process that is being started has a copy of every descriptor for a
/// moment, and closing ours alone would not release the lock.
impl Drop for LockedBackupDir<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::debug!(%error, "the lock of the backups ends with its last descriptor");
        }
    }
}

impl LockedBackupDir<'_> {
    /// Removes what a killed process left: unfinished files, and manifests whose backup never came.
    pub(crate) fn remove_leftovers(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory.path)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let is_unfinished = name.starts_with('.') && name.ends_with(PARTIAL_SUFFIX);
            let widowed = name.strip_suffix(".json").filter(|backup| is_backup_name(backup));
            if is_unfinished || widowed.is_some_and(|backup| !self.path(backup).exists()) {
                remove_if_present(&self.path(name))?;
            }
            // SQLite's journal of a copy that was being made or restored.
            if name.starts_with('.') && name.ends_with(".partial-journal") {
                remove_if_present(&self.path(name))?;
            }
        }
        Ok(())
    }

    /// An empty private file for the backup of this moment.
    pub(crate) fn begin(&self, made_at: Timestamp, engine: Engine) -> anyhow::Result<Partial<'_>> {
        let name = (0..SAME_SECOND_MAX)
            .map(|later| name_at(made_at.plus(Duration::from_secs(later)), engine))
            .find(|name| !self.path(name).exists())
            .with_context(|| self.directory.doing("finding a free name in"))?;
        let path = self.path(&format!(".{name}{PARTIAL_SUFFIX}"));
        create_private(&path).with_context(|| format!("creating {}", path.display()))?;
        Ok(Partial { directory: &self.directory.path, path, name })
    }

    /// Removes the backup first: a manifest alone counts as a leftover, a backup alone as
    /// unverified.
    pub(crate) fn remove(&self, backup: &Backup) -> io::Result<()> {
        remove_if_present(&backup.path)?;
        remove_if_present(&Manifest::path(&backup.path))?;
        sync_directory(&self.directory.path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path.join(name)
    }
}

impl Partial<'_> {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the backup its name durably, through a power cut too. The content is synced already.
    pub(crate) fn publish(self, manifest: &Manifest) -> io::Result<PathBuf> {
        let path = self.directory.join(&self.name);
        let partial_manifest = Manifest::path(&self.path).with_added_extension("partial");
        remove_if_present(&partial_manifest)?;
        let mut file = create_private(&partial_manifest)?;
        file.write_all(manifest.to_json().as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial_manifest, Manifest::path(&path))?;
        fs::rename(&self.path, &path)?;
        sync_directory(self.directory)?;
        Ok(path)
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        // A published file is no longer here. If this fails, the next backup tries again.
        fs::remove_file(&self.path).ok();
    }
}

pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(MODE_PRIVATE_FILE).open(path)
}

pub(crate) fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// `curt-20261122T013700Z.sqlite3`
fn name_at(made_at: Timestamp, engine: Engine) -> String {
    let time = made_at.to_string();
    let (seconds, _) = time.split_once('.').expect("times are written with milliseconds");
    let seconds = seconds.replace(['-', ':'], "");
    format!("{PREFIX}{seconds}Z.{}", extension(engine))
}

fn is_backup_name(name: &str) -> bool {
    let is_ours = |engine| name.ends_with(&format!(".{}", extension(engine)));
    time_of_name(name).is_some() && Engine::ALL.into_iter().any(is_ours)
}

fn time_of_name(name: &str) -> Option<Timestamp> {
    let (time, _) = name.strip_prefix(PREFIX)?.split_once('.')?;
    let (date, time) = time.strip_suffix('Z')?.split_once('T')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, second) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

#[cfg(test)]
mod tests;
