//! SQLite files that are not written: making one from a database in use, and reading one.

use std::path::Path;

use super::{
    Row, Sql,
    sqlite::{Connection, ProgressGuard},
};
use crate::error::DbError;

/// Writes the currently committed state into the empty file at `target`.
///
/// `VACUUM INTO` reads one snapshot and rebuilds every table from it, while writers go on. The
/// backup API would copy pages instead: it restarts whenever another connection writes, unless it
/// copies all at once, and then it includes deleted data.
pub(crate) fn copy_sqlite(
    source: &Path,
    target: &Path,
    guard: ProgressGuard,
) -> Result<(), DbError> {
    let mut connection = Connection::open_existing(source)?;
    connection.set_progress_guard(guard)?;
    connection.vacuum_into(target)
}

/// Leaves the database in one file. If connections close at the same time, none may see itself as
/// the last, and then the log stays beside the database.
pub(crate) fn checkpoint_wal(path: &Path) -> Result<(), DbError> {
    Connection::open_existing(path)?.checkpoint_wal()
}

/// A copy, opened so that not a byte of it changes.
pub(crate) struct SqliteCopy(Connection);

impl SqliteCopy {
    pub(crate) fn open(path: &Path, guard: ProgressGuard) -> Result<Self, DbError> {
        let mut connection = Connection::open_unchanging(path)?;
        connection.set_progress_guard(guard)?;
        Ok(Self(connection))
    }

    pub(crate) fn integrity_problems(&mut self) -> Result<Vec<String>, DbError> {
        self.0.integrity_problems()
    }

    pub(crate) fn row(&mut self, sql: Sql) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql)?.into_iter().next())
    }

    pub(crate) fn rows(&mut self, sql: Sql) -> Result<Vec<Row>, DbError> {
        self.0.rows(sql, &[])
    }
}
