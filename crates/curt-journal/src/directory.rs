//! The directory of a journal: its files, who may write to it, and where damaged segments go.
//!
//! Everything here is private: directories 0700, files 0600. Reading needs no lock.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use curt_domain::Timestamp;
use rustix::fs::OFlags;

use crate::format::SegmentId;

const LOCK_FILE: &str = "lock";
const DAMAGED_DIRECTORY: &str = "damaged";
const SEGMENT_EXTENSION: &str = "seg";
/// For a segment being created; the next process that opens the journal removes leftovers.
const UNFINISHED_EXTENSION: &str = "new";
const MODE_PRIVATE_DIR: u32 = 0o700;
pub(crate) const MODE_PRIVATE_FILE: u32 = 0o600;

/// How long damaged segments are kept for inspection.
pub(crate) const DAMAGED_KEPT: Duration = Duration::from_hours(7 * 24);
/// How many bytes of them are kept at most: a dying disk must not be filled up by its damaged
/// segments.
pub(crate) const DAMAGED_LEN_MAX: u64 = 64 << 20;

/// A segment on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    pub id: SegmentId,
    pub created_at: Timestamp,
    pub path: PathBuf,
    pub len: u64,
    /// Identifies the file even if another one takes its name.
    pub inode: u64,
}

impl SegmentFile {
    /// Whether this very file still exists under its name.
    pub fn is_in_place(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|there| there.ino() == self.inode)
    }
}

/// The content of a directory.
#[derive(Debug, Default)]
pub struct Listing {
    /// Oldest first.
    pub segments: Vec<SegmentFile>,
    /// Paths that are not ours or could not be inspected. The journal never touches them.
    pub foreign: Vec<PathBuf>,
}

/// The segments in `directory`, whether the journal is in use, was left by a dead server, or is a
/// copy. A directory that does not exist has none.
pub fn segments(directory: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        match segment_file(&path) {
            Ok(Some(segment)) => listing.segments.push(segment),
            // Deleted since the directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ if is_other_part(&path) => {}
            _ => listing.foreign.push(path),
        }
    }
    listing.segments.sort_by_key(|segment| (segment.created_at, segment.id));
    listing.foreign.sort();
    Ok(listing)
}

fn segment_file(path: &Path) -> io::Result<Option<SegmentFile>> {
    let Some((created_at, id)) = parse_name(path) else { return Ok(None) };
    let metadata = fs::symlink_metadata(path)?;
    let (path, len, inode) = (path.to_owned(), metadata.len(), metadata.ino());
    let segment = SegmentFile { id, created_at, path, len, inode };
    Ok(metadata.is_file().then_some(segment))
}

fn parse_name(path: &Path) -> Option<(Timestamp, SegmentId)> {
    if path.extension()? != SEGMENT_EXTENSION {
        return None;
    }
    let (created_ms, id) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    let (created_at, id) = (Timestamp::from_millis(created_ms.parse().ok()?), id.parse().ok()?);
    // A segment has exactly one name: with more zeros it would be that of a copy.
    (path.file_name()? == file_name(created_at, id).as_str()).then_some((created_at, id))
}

fn file_name(created_at: Timestamp, id: SegmentId) -> String {
    // Thirteen digits suffice until the year 2286, so names sort like their times.
    format!("{:013}-{id}.{SEGMENT_EXTENSION}", created_at.as_millis())
}

fn is_other_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name == LOCK_FILE || name == DAMAGED_DIRECTORY || is_unfinished(path)
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED_EXTENSION)
        && parse_name(&path.with_extension(SEGMENT_EXTENSION)).is_some()
}

/// The final path of a segment, and the path where it is created.
pub(crate) fn segment_paths(
    directory: &Path,
    created_at: Timestamp,
    id: SegmentId,
) -> (PathBuf, PathBuf) {
    let path = directory.join(file_name(created_at, id));
    let unfinished = unfinished(&path);
    (path, unfinished)
}

pub(crate) fn unfinished(segment: &Path) -> PathBuf {
    segment.with_extension(UNFINISHED_EXTENSION)
}

/// Whether a journal is open in `directory` right now, in this process or another.
///
/// The check takes a shared lock for a moment; a journal that is being opened waits for it.
pub(crate) fn is_in_use(directory: &Path) -> io::Result<bool> {
    let lock = match open(&directory.join(LOCK_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        lock => lock?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a journal is or was here, judging by names: segments, or the lock file without any
/// foreign file beside it. Otherwise a mistyped path would pass for an empty journal.
pub fn is_journal(directory: &Path, listing: &Listing) -> bool {
    let is_ours =
        || directory.join(LOCK_FILE).is_file() && !listing.foreign.iter().any(|p| p.is_file());
    !listing.segments.is_empty() || is_ours()
}

/// Where damaged segments are moved. It can be read and replayed like any journal.
pub fn damaged_directory(directory: &Path) -> PathBuf {
    directory.join(DAMAGED_DIRECTORY)
}

/// Deletes a segment that was read to its end and whose records are stored elsewhere. No error if
/// it is already gone.
pub fn remove_finished(segment: &SegmentFile) -> io::Result<()> {
    allow_absent(fs::remove_file(&segment.path))
}

/// Moves a damaged segment to [`damaged_directory`], where it is kept for `DAMAGED_KEPT`.
pub fn quarantine(directory: &Path, segment: &SegmentFile, now: Timestamp) -> io::Result<()> {
    let damaged = damaged_directory(directory);
    create_private(&damaged)?;
    // Its age counts from now. Without permission to set the time, it keeps that of the last write.
    if let Ok(file) = open(&segment.path)
        && let Err(error) = file.set_modified(system_time(now))
    {
        tracing::debug!(%error, "the time of quarantine could not be kept");
    }
    let name = segment.path.file_name().unwrap_or_default();
    allow_absent(fs::rename(&segment.path, damaged.join(name)))?;
    remove_old_damaged(directory, now)
}

/// Removes quarantined segments older than `DAMAGED_KEPT`, and the oldest beyond `DAMAGED_LEN_MAX`
/// in total.
pub(crate) fn remove_old_damaged(directory: &Path, now: Timestamp) -> io::Result<()> {
    let mut kept = Vec::new();
    for segment in segments(&damaged_directory(directory))?.segments {
        let since = fs::metadata(&segment.path)?.modified()?;
        kept.push((since, segment));
    }
    kept.sort_by_key(|(since, _)| std::cmp::Reverse(*since));
    let (now, mut len) = (system_time(now), 0);
    for (since, segment) in kept {
        len += segment.len;
        let age = now.duration_since(since).unwrap_or_default();
        if DAMAGED_KEPT < age || DAMAGED_LEN_MAX < len {
            allow_absent(fs::remove_file(&segment.path))?;
        }
    }
    Ok(())
}

/// Opens for reading, and only regular files: no link leads out of the directory, and no pipe
/// blocks the reader.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Creates what is missing, and excludes other writers as long as the result lives.
pub(crate) fn create_and_lock(directory: &Path) -> Result<File, LockError> {
    create_private(directory).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LockError::Unfit(Unfit::NoParent),
        io::ErrorKind::PermissionDenied => LockError::Unfit(Unfit::Forbidden(error)),
        _ => LockError::Failed(error),
    })?;
    check(directory)?;
    let path = directory.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(MODE_PRIVATE_FILE);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    // Another process may be in `is_in_use`, which takes microseconds.
    for _ in 0..LOCK_ATTEMPTS {
        let lock = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => LockError::Unfit(Unfit::Forbidden(error)),
            _ if is_link(&path) => LockError::Unfit(Unfit::LinkedLock),
            _ => LockError::Failed(error),
        })?;
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            #[expect(clippy::disallowed_methods, reason = "only a lock that waits for ever tells")]
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(LockError::Failed(error)),
        }
    }
    Err(LockError::InUse)
}

/// Whether `lock` is still the lock file of `directory`.
pub(crate) fn is_locked_by(directory: &Path, lock: &File) -> io::Result<bool> {
    let ours = lock.metadata()?;
    match fs::symlink_metadata(directory.join(LOCK_FILE)) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

const LOCK_ATTEMPTS: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) enum LockError {
    InUse,
    Unfit(Unfit),
    Failed(io::Error),
}

/// Why a directory cannot hold a journal. Waiting does not help; an administrator must change it.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("cannot be made: the directory above it does not exist")]
    NoParent,
    #[error("is not a directory")]
    NotADirectory,
    #[error(
        "belongs to another user (uid {owner}, this process is uid {user}); chown it, or run as \
         its owner"
    )]
    WrongOwner { owner: u32, user: u32 },
    #[error("can be written by others (mode {mode:04o}); chmod 700 it")]
    WritableByOthers { mode: u32 },
    #[error("has a symbolic link where its lock should be; remove it")]
    LinkedLock,
    #[error("cannot be used: {0}")]
    Forbidden(io::Error),
}

const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A user who can write here can take clicks away, or make us write to files elsewhere.
fn check(directory: &Path) -> Result<(), LockError> {
    let metadata = fs::metadata(directory).map_err(LockError::Failed)?;
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    let mode = metadata.mode() & 0o777;
    let unfit = if !metadata.is_dir() {
        Unfit::NotADirectory
    } else if owner != user {
        Unfit::WrongOwner { owner, user }
    } else if mode & WRITABLE_BY_OTHERS != 0 {
        Unfit::WritableByOthers { mode }
    } else {
        return Ok(());
    };
    Err(LockError::Unfit(unfit))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Removes unfinished segments of processes that died.
pub(crate) fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if is_unfinished(&path)
            && let Err(error) = allow_absent(fs::remove_file(&path))
        {
            // It does no harm: no segment ever gets the same name.
            tracing::warn!(%error, path = %path.display(), "cannot be removed from the journal");
        }
    }
    Ok(())
}

/// A name is durable once its directory is synced.
pub(crate) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn create_private(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(MODE_PRIVATE_DIR).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        // The new name must survive a power cut, or everything below it is lost.
        Ok(()) => sync(directory.parent().filter(|p| *p != "").unwrap_or(Path::new("."))),
    }
}

pub(crate) fn allow_absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
