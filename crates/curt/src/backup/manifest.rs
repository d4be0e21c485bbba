//! The facts about a backup, in a small JSON file beside it: enough to list the backup, to detect
//! damage, and to know which deployment it belongs to.
//!
//! A backup without its manifest can still be restored, but a byte that changed inside a link can
//! no longer be detected.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use curt_domain::Timestamp;
use curt_store::{Contents, newest_migration};
use serde::{Deserialize, Serialize};

/// Raised when an older release could misread what a newer one writes.
const VERSION: u32 = 1;

/// Longer than any manifest; keeps a wrong path from filling the memory.
const LEN_MAX: u64 = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    /// RFC 3339.
    made_at: String,
    pub(crate) made_by: MadeBy,
    /// The release that made it.
    pub(crate) release: String,
    /// `sqlite`, `postgres` or `mysql`.
    pub(crate) engine: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) links: u64,
    pub(crate) deleted: u64,
    newest_change: Option<String>,
    pub(crate) schema: String,
    pub(crate) key_check: Option<String>,
}

/// Who asked for a backup. Rotation never removes what a user made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MadeBy {
    Schedule,
    Command,
}

impl MadeBy {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Command => "command",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("the manifest cannot be read")]
    Io(#[from] io::Error),
    #[error("the manifest is damaged")]
    Damaged(#[from] serde_json::Error),
    #[error("the manifest holds a time that is none")]
    Time,
    #[error("the manifest was written by a newer release (version {version})")]
    Newer { version: u32 },
    #[error("the manifest is too long")]
    TooLong,
}

impl Manifest {
    pub(crate) fn new(
        made_at: Timestamp,
        made_by: MadeBy,
        engine: &str,
        (bytes, sha256): (u64, String),
        contents: Contents,
    ) -> Self {
        Self {
            version: VERSION,
            made_at: made_at.to_string(),
            made_by,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            engine: engine.to_owned(),
            bytes,
            sha256,
            links: contents.links,
            deleted: contents.deleted,
            newest_change: contents.newest_change.map(|at| at.to_string()),
            schema: contents.schema,
            key_check: contents.key_check,
        }
    }

    /// The path of a backup's manifest.
    pub(crate) fn path(backup: &Path) -> PathBuf {
        let mut path = backup.as_os_str().to_owned();
        path.push(".json");
        path.into()
    }

    /// `None` if the backup has no manifest.
    pub(crate) fn read(backup: &Path) -> Result<Option<Self>, ManifestError> {
        let path = Self::path(backup);
        match fs::metadata(&path) {
            Ok(metadata) if LEN_MAX < metadata.len() => return Err(ManifestError::TooLong),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let manifest: Self = serde_json::from_slice(&fs::read(path)?)?;
        if VERSION < manifest.version {
            return Err(ManifestError::Newer { version: manifest.version });
        }
        let times = [Some(&manifest.made_at), manifest.newest_change.as_ref()];
        if times.into_iter().flatten().any(|time| time.parse::<Timestamp>().is_err()) {
            return Err(ManifestError::Time);
        }
        Ok(Some(manifest))
    }

    pub(crate) fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("numbers and texts can always be written as JSON") + "\n"
    }

    pub(crate) fn made_at(&self) -> Timestamp {
        self.made_at.parse().expect("it was parsed when the manifest was read or made")
    }

    /// What the database held when the backup was made, as recorded then.
    pub(crate) fn contents(&self) -> Contents {
        Contents {
            links: self.links,
            deleted: self.deleted,
            newest_change: self.newest_change.as_ref().and_then(|at| at.parse().ok()),
            key_check: self.key_check.clone(),
            schema: self.schema.clone(),
            is_newer: newest_migration() < self.schema.as_str(),
        }
    }
}
