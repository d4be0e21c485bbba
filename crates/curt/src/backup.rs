//! Copies of the database that can be trusted, and the way back from a copy.
//!
//! A backup is whole and verified, or it does not exist. No backup holds the secret key: a person
//! who finds a backup must not find the key to sessions and visitors with it.

use std::{path::PathBuf, time::Duration};

use self::rotation::Keep;

pub(crate) mod directory;
mod format;
pub(crate) mod guard;
pub(crate) mod make;
pub(crate) mod manifest;
pub(crate) mod restore;
pub(crate) mod rotation;
mod tools;
pub(crate) mod verify;

/// Where backups are, and which of them the server makes.
#[derive(Debug, Clone)]
pub(crate) struct BackupConfig {
    pub(crate) directory: PathBuf,
    /// Absent if the server makes none.
    pub(crate) plan: Option<Plan>,
}

/// How often, and how many stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) interval: Duration,
    pub(crate) keep: Keep,
}
