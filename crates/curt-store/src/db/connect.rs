//! Connecting to a database: the settings, and the clear refusals.

use std::{io, path::PathBuf};

use super::database_url::DatabaseUrl;
use crate::error::{DbError, StoreError};

/// Connections to a PostgreSQL or MySQL server unless configured: enough for one node's writes, and
/// twelve nodes still fit into PostgreSQL's usual hundred.
pub const CONNECTIONS_MAX_DEFAULT: u32 = 8;

/// Which database, and how many connections to it.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    pub database: DatabaseUrl,
    /// At most this many connections to a database server; SQLite has a fixed few.
    pub connections_max: u32,
}

impl StoreSettings {
    pub fn new(database: DatabaseUrl) -> Self {
        Self { database, connections_max: CONNECTIONS_MAX_DEFAULT }
    }
}

/// Why a database cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("this program was built with SQLite {found}; 3.51.3 is the first that keeps its data")]
    LibraryTooOld { found: &'static str },
    #[error("cannot create the SQLite database {}", .path.display())]
    CannotCreate { path: PathBuf, source: io::Error },
    #[error("the SQLite database {} is read-only for this user", .path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} is not an SQLite database", .path.display())]
    NotADatabase { path: PathBuf },
    #[error(
        "the database belongs to another program: it has a table {table}, and no migrations of ours"
    )]
    Foreign { table: String },
    #[error("{product} {found} is too old: {floor} is the oldest that works")]
    ServerTooOld { product: &'static str, found: String, floor: &'static str },
    #[error("PostgreSQL runs with fsync=off, which loses acknowledged links in a power cut")]
    FsyncOff,
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl From<DbError> for ConnectError {
    fn from(error: DbError) -> Self {
        Self::Failed(StoreError::new("connecting to the database", error))
    }
}
