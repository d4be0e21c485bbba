//! Files that hold a key: readable by their owner only, never half written, and made once, even if
//! several processes try at the same time.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::failure::Refusal;

/// Longer than any key; keeps a wrong path, say to a device, from filling the memory.
const FILE_LEN_MAX: u64 = 4 << 10;

/// Names the file for a user who finds it after a crash.
const TEMPORARY_PREFIX: &str = ".new-key-";

const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS_OR_WRITABLE: u32 = 0o037;
const ROOT: u32 = 0;

/// Why a key file is not trusted. Its content is never part of the message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("not found")]
    NotFound,
    #[error("is not a regular file")]
    NotAFile,
    #[error("belongs to another user (uid {owner}, this process is uid {user})")]
    WrongOwner { owner: u32, user: u32 },
    #[error("can be read by others (mode {mode:04o}); chmod 600 it")]
    Shared { mode: u32 },
    #[error("is longer than {FILE_LEN_MAX} bytes")]
    TooLong,
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Kept,
    Created,
}

/// Reads a key file after checking that no other user can.
pub(crate) fn read(path: &Path) -> Result<String, KeyFileError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::NotFound,
        _ => KeyFileError::Io(error),
    })?;
    // Check the open file: the path could lead elsewhere a moment later.
    check(&file.metadata().map_err(KeyFileError::Io)?)?;
    let mut text = String::new();
    let read = file.take(FILE_LEN_MAX + 1).read_to_string(&mut text).map_err(KeyFileError::Io)?;
    if FILE_LEN_MAX < read as u64 { Err(KeyFileError::TooLong) } else { Ok(text) }
}

/// Reads the key at `path`, or stores a new one there.
///
/// An existing file is never replaced, even if it is broken: data may depend on the key it once
/// held.
pub(crate) fn read_or_create(
    path: &Path,
    generate: impl FnOnce() -> Result<String, getrandom::Error>,
) -> anyhow::Result<(String, Origin)> {
    match read(path) {
        Ok(text) => Ok((text, Origin::Kept)),
        Err(KeyFileError::NotFound) => {
            let text = generate().context("asking the system for random bytes")?;
            match create(path, &text) {
                Ok(()) => Ok((text, Origin::Created)),
                // Another process was faster; use its key.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let text = read(path).map_err(|error| refuse(path, &error))?;
                    Ok((text, Origin::Kept))
                }
                Err(error) => Err(error).with_context(|| format!("writing {}", path.display())),
            }
        }
        Err(error) => Err(refuse(path, &error).into()),
    }
}

fn refuse(path: &Path, error: &KeyFileError) -> Refusal {
    Refusal::because(format_args!("key file {}: {error}", path.display()))
}

fn check(metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    if !metadata.is_file() {
        return Err(KeyFileError::NotAFile);
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    let mode = metadata.mode() & 0o777;
    if owner == user {
        return if mode & GROUP_AND_OTHERS == 0 {
            Ok(())
        } else {
            Err(KeyFileError::Shared { mode })
        };
    }
    if owner != ROOT {
        return Err(KeyFileError::WrongOwner { owner, user });
    }
    // Files of systemd credentials and Kubernetes secrets belong to root, and a group lets us read
    // them.
    if mode & OTHERS_OR_WRITABLE == 0 { Ok(()) } else { Err(KeyFileError::Shared { mode }) }
}

/// Creates the file whole or not at all, also across a power cut: a lost or truncated key locks its
/// owner out. Of several processes one makes the file, and the others get `AlreadyExists`.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().expect("key files lie in the data directory");
    // Created with mode 0600, and removed unless it gets its name.
    let mut file = NamedTempFile::with_prefix_in(TEMPORARY_PREFIX, directory)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|kept| kept.error)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests;
