//! Whether a backup is whole, and whether this release with this secret can restore it.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use curt_domain::SecretKey;
use curt_store::{Contents, Engine, inspect_sqlite, newest_migration};

use super::{directory::Backup, format::engine_of, guard::Guard, make::checksum, tools::Tools};

/// The facts about a whole backup.
pub(crate) struct Verified {
    pub(crate) engine: Engine,
    pub(crate) sha256: String,
    /// Absent for dumps that have lost their manifest.
    pub(crate) contents: Option<Contents>,
    /// What could not be checked.
    pub(crate) notes: Vec<String>,
}

/// Why a whole backup cannot be restored here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsuitable {
    #[error(
        "it was made by a newer release (its tables are at {schema}, this release knows \
         {}); restore it with that release",
        newest_migration()
    )]
    Newer { schema: String },
    #[error(
        "it belongs to another secret key; put the secret.key of that deployment in its place, or \
         set CURT_SECRET_KEY"
    )]
    OtherSecret,
}

/// Reads the whole backup, and changes nothing.
pub(crate) fn verify(backup: &Backup, guard: &Arc<Guard>) -> anyhow::Result<Verified> {
    check(backup, guard).with_context(|| backup.path.display().to_string())
}

fn check(backup: &Backup, guard: &Arc<Guard>) -> anyhow::Result<Verified> {
    if let Some(problem) = &backup.manifest_problem {
        anyhow::bail!("{problem}; remove it to use the backup without its checksum");
    }
    let engine = engine_of(&backup.path)?;
    let mut notes = Vec::new();
    match &backup.manifest {
        Some(manifest) => anyhow::ensure!(
            manifest.bytes == backup.bytes,
            "is cut off: {} bytes of {}",
            backup.bytes,
            manifest.bytes
        ),
        None => {
            notes.push("it has no manifest, so changed bytes inside a link go unnoticed".into());
        }
    }
    let Some(engine) = engine else { anyhow::bail!("is no backup of ours") };
    guard.begin("reading", None);
    let (_, sha256) = checksum(&backup.path, guard)?;
    if let Some(manifest) = &backup.manifest {
        anyhow::ensure!(
            manifest.sha256 == sha256,
            "is damaged: its checksum is not the one it was made with"
        );
    }
    guard.begin("checking", None);
    let contents = match Tools::of(engine) {
        None => Some(inspect(&backup.path, guard)?),
        Some(tools) => {
            tools.check(&backup.path, guard)?;
            backup.manifest.as_ref().map(super::manifest::Manifest::contents)
        }
    };
    Ok(Verified { engine, sha256, contents, notes })
}

fn inspect(path: &Path, guard: &Arc<Guard>) -> anyhow::Result<Contents> {
    inspect_sqlite(path, guard.progress_guard()).map_err(|error| guard.reason(error))
}

impl Verified {
    /// Whether this release can restore it, with the present secret if there is one.
    pub(crate) fn check_suitable(&self, secret: Option<&SecretKey>) -> Result<(), Unsuitable> {
        let Some(contents) = &self.contents else { return Ok(()) };
        if contents.is_newer {
            return Err(Unsuitable::Newer { schema: contents.schema.clone() });
        }
        match (secret, &contents.key_check) {
            (Some(secret), Some(known)) if secret.fingerprint() != *known => {
                Err(Unsuitable::OtherSecret)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
