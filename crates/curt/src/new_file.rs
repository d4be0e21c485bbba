//! Files that commands write: a file gets its name when all of it is on disk, and an existing file
//! is replaced only on request.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::failure::{Exit, Failure};

/// Names the file for a user who finds it after a crash.
const TEMPORARY_PREFIX: &str = ".new-";

pub(crate) struct NewFile {
    path: PathBuf,
    existing: Existing,
    file: NamedTempFile,
}

/// What to do if the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
}

impl Existing {
    /// The meaning of `--force`.
    pub(crate) fn replaced_if(force: bool) -> Self {
        if force { Self::Replace } else { Self::Keep }
    }
}

impl NewFile {
    pub(crate) fn create(path: &Path, existing: Existing) -> anyhow::Result<Self> {
        // Checked before the work, and enforced after it.
        if existing == Existing::Keep && path.exists() {
            return Err(already_there(path));
        }
        let path = &replaceable(path)?;
        let directory = path.parent().filter(|parent| *parent != Path::new(""));
        let directory = directory.unwrap_or(Path::new("."));
        let file = NamedTempFile::with_prefix_in(TEMPORARY_PREFIX, directory)
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(Self { path: path.to_owned(), existing, file })
    }

    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Gives the file its name.
    pub(crate) fn keep(self) -> anyhow::Result<()> {
        let Self { path, existing, file } = self;
        let synced = file.as_file().sync_all();
        synced.with_context(|| format!("writing {}", path.display()))?;
        let kept = match existing {
            Existing::Keep => file.persist_noclobber(&path),
            Existing::Replace => file.persist(&path),
        };
        match kept {
            Ok(_) => Ok(()),
            Err(kept) if kept.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(already_there(&path))
            }
            Err(kept) => Err(kept.error).with_context(|| format!("writing {}", path.display())),
        }
    }
}

/// The file behind a path. Naming a new file would replace a symbolic link, a device or a pipe
/// itself, which the user does not mean.
fn replaceable(path: &Path) -> anyhow::Result<PathBuf> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(path.to_owned()) };
    let target = if metadata.is_symlink() {
        path.canonicalize().with_context(|| format!("following {}", path.display()))?
    } else {
        path.to_owned()
    };
    let shown = path.display();
    anyhow::ensure!(target.is_file(), "{shown} is no regular file; write to `-` and redirect it");
    Ok(target)
}

fn already_there(path: &Path) -> anyhow::Error {
    let words = format!("{} exists already; --force replaces it", path.display());
    Failure::new(Exit::Rejected, words).into()
}
