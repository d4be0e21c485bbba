//! The data directory: private to this user, writable, and used by one server at a time.
//!
//! Commands that only change the database (`curt db …`, `curt links …`) need no lock: databases
//! have their own. Everything in the directory is private to the user who runs the server.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    ops::Deref,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::Access;

use crate::failure::Refusal;

const LOCK_FILE: &str = "lock";
const MODE_PRIVATE_DIR: u32 = 0o700;
const MODE_PRIVATE_FILE: u32 = 0o600;
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// A process id has 7 digits at most.
const PID_LEN_MAX: u64 = 20;

/// A directory that was checked.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// While it is held, no other server uses the directory; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct LockedDataDir {
    data_dir: DataDir,
    /// The kernel releases the lock with the last handle, however the process ends.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
enum DataDirError {
    #[error("is not a directory")]
    NotADirectory,
    #[error(
        "belongs to another user (uid {owner}, this process is uid {user}); chown it, or run as \
         its owner"
    )]
    WrongOwner { owner: u32, user: u32 },
    #[error("can be written by others (mode {mode:04o}); chmod 700 it")]
    WritableByOthers { mode: u32 },
    #[error("lies on a file system that is mounted read-only")]
    ReadOnly,
    #[error("is not writable (mode {mode:04o}); chmod 700 it")]
    NotWritable { mode: u32 },
    #[error("is in use by another server, process {pid}")]
    InUse { pid: u32 },
    #[error("is in use by another server")]
    InUseBySomebody,
    #[error("cannot be {action}: {error}")]
    Io { action: &'static str, error: io::Error },
}

impl DataDir {
    /// Creates the directory if it is absent, and refuses one that is not safe to use.
    pub(crate) fn open(path: &Path) -> Result<Self, Refusal> {
        let opened = create_if_absent(path).and_then(|()| check(path));
        opened.map_err(|error| refuse(path, &error))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Keeps other servers out until the result is dropped.
    pub(crate) fn lock(self) -> Result<LockedDataDir, Refusal> {
        match take_lock(&self.path.join(LOCK_FILE)) {
            Ok(lock) => Ok(LockedDataDir { data_dir: self, _lock: lock }),
            Err(error) => Err(refuse(&self.path, &error)),
        }
    }

    pub(crate) fn join(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }
}

impl Deref for LockedDataDir {
    type Target = DataDir;

    fn deref(&self) -> &DataDir {
        &self.data_dir
    }
}

fn refuse(path: &Path, error: &DataDirError) -> Refusal {
    Refusal::because(format_args!("data directory {}: {error}", path.display()))
}

fn create_if_absent(path: &Path) -> Result<(), DataDirError> {
    let failed = |error| DataDirError::Io { action: "created", error };
    match fs::symlink_metadata(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(DataDirError::Io { action: "read", error }),
    }
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing = path.ancestors().take_while(is_missing).count();
    DirBuilder::new().recursive(true).mode(MODE_PRIVATE_DIR).create(path).map_err(|error| {
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => DataDirError::ReadOnly,
            _ => failed(error),
        }
    })?;
    // The new names must survive a power cut, or everything below them is lost.
    path.ancestors().take(missing).try_for_each(sync_name).map_err(failed)
}

/// Syncs the parent directory, which holds the name.
fn sync_name(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

fn check(path: &Path) -> Result<(), DataDirError> {
    let metadata =
        fs::metadata(path).map_err(|error| DataDirError::Io { action: "read", error })?;
    if !metadata.is_dir() {
        return Err(DataDirError::NotADirectory);
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(DataDirError::WrongOwner { owner, user });
    }
    let mode = metadata.mode() & 0o777;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(DataDirError::WritableByOthers { mode });
    }
    // Ask the system instead of deriving it from the mode: a read-only mount stops even root.
    let access = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    rustix::fs::access(path, access).map_err(|errno| match errno {
        rustix::io::Errno::ROFS => DataDirError::ReadOnly,
        _ => DataDirError::NotWritable { mode },
    })
}

fn take_lock(path: &Path) -> Result<File, DataDirError> {
    let failed = |error| DataDirError::Io { action: "locked", error };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE_PRIVATE_FILE)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = read_pid(file);
            return Err(
                pid.map_or(DataDirError::InUseBySomebody, |pid| DataDirError::InUse { pid })
            );
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // A second server prints this pid; only the lock itself decides.
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

fn read_pid(file: File) -> Option<u32> {
    let mut text = String::new();
    file.take(PID_LEN_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests;
