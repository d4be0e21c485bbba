//! Opening SQLite databases: what is required of the library, the file and its format.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rusqlite::OpenFlags;

use super::{
    Connection,
    errors::{db_error, is_not_a_database},
};
use crate::{
    db::{ConnectError, FIRST_TABLE, Ownership, Sql},
    error::{DbError, DbErrorKind},
};

/// In older versions two connections may lose committed rows between them: the WAL-reset bug.
pub(super) const LIBRARY_VERSION_MIN: i32 = 3_051_003;

/// How long a statement waits for another process, for example `curt` on the command line.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements kept per connection; all our statements fit.
const STATEMENTS_MAX: usize = 256;

/// The writer's page cache: in an index of codes every create hits another page.
const WRITER_CACHE_KIB: i64 = 16 * 1024;

/// The size that a WAL is truncated to after it grew under a long read.
const WAL_KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// How often another process may interfere while both open the same new database.
const WAL_ATTEMPTS_MAX: u32 = 10;

impl Connection {
    /// Opens the connection that writes. It creates the file and fixes its format, so it is opened
    /// before any reader. It refuses a foreign database before it changes anything.
    pub(in crate::db) fn open_writer(path: &Path) -> Result<Self, ConnectError> {
        check_library()?;
        create_file(path)?;
        let connection = Self::open(path)?;
        if connection.inner.is_readonly("main").map_err(db_error)? {
            return Err(ConnectError::ReadOnly { path: path.into() });
        }
        let mut connection = connection.with_our_format(path)?;
        connection.checkpoint_by_ourselves()?;
        Ok(connection)
    }

    pub(in crate::db) fn open_reader(path: &Path) -> Result<Self, DbError> {
        let connection = Self::open(path)?;
        connection.set("query_only", "on")?;
        Ok(connection)
    }

    /// Excludes all other connections, also those of other processes. So it needs no shared-memory
    /// file, which would take room on the disk. It cannot write.
    pub(in crate::db) fn open_alone(path: &Path) -> Result<Self, DbError> {
        // Before anything is read: then SQLite makes no shared-memory file.
        let connection = Self::open_existing(path)?;
        connection.set("locking_mode", "exclusive")?;
        connection.set("query_only", "on")?;
        Ok(connection)
    }

    /// For reading a database that is in use elsewhere. Unlike the others it never creates the
    /// file.
    pub(in crate::db) fn open_existing(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// For a file that is not written and must stay as it is, to the last byte.
    pub(in crate::db) fn open_unchanging(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn open(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Self, DbError> {
        // Each connection belongs to one thread at a time, so SQLite need not lock it.
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(db_error)?;
        inner.busy_timeout(BUSY_TIMEOUT).map_err(db_error)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Self { inner, deadline: None, wal_pages: Arc::default() })
    }

    fn with_our_format(mut self, path: &Path) -> Result<Self, ConnectError> {
        let first_table = match self.rows(FIRST_TABLE, &[]) {
            Ok(rows) => rows.into_iter().next(),
            Err(error) if is_not_a_database(&error) => {
                return Err(ConnectError::NotADatabase { path: path.into() });
            }
            Err(error) => return Err(error.into()),
        };
        if let Ownership::Foreign { table } = Ownership::of(first_table.as_ref())? {
            return Err(ConnectError::Foreign { table });
        }
        // Only effective before the first page is written, and switching to WAL writes that page.
        // Setting it again would write it again: a wait for other writers, a sync, and no start on
        // a full disk.
        if !self.has_incremental_vacuum()? {
            self.set("auto_vacuum", "incremental")?;
        }
        self.switch_to_wal()?;
        self.set("synchronous", "full")?;
        self.set("journal_size_limit", WAL_KEPT_BYTES)?;
        // Negative numbers are KiB, positive ones pages.
        self.set("cache_size", -WRITER_CACHE_KIB)?;
        Ok(self)
    }

    fn has_incremental_vacuum(&mut self) -> Result<bool, DbError> {
        const INCREMENTAL: i64 = 2;
        let rows = self.rows(Sql::new("pragma auto_vacuum"), &[])?;
        rows.first().map_or(Ok(false), |row| Ok(row.int(0)? == INCREMENTAL))
    }

    /// Two processes may open a new database at the same time. SQLite does not wait then, so this
    /// waits for the other's lock and tries again.
    fn switch_to_wal(&self) -> Result<(), DbError> {
        for _ in 1..WAL_ATTEMPTS_MAX {
            match self.set("journal_mode", "wal") {
                Err(error) if error.kind() == DbErrorKind::TimedOut => {
                    self.control("begin exclusive")?;
                    self.rollback()?;
                }
                result => return result,
            }
        }
        self.set("journal_mode", "wal")
    }

    fn checkpoint_by_ourselves(&mut self) -> Result<(), DbError> {
        let pages = Arc::clone(&self.wal_pages);
        // Installing the hook turns SQLite's automatic checkpoint off.
        let hook = move |_: &mut rusqlite::hooks::Wal, in_wal| {
            pages.store(in_wal, Ordering::Relaxed);
            Ok(())
        };
        self.inner.wal_hook(Some(hook)).map_err(db_error)
    }
}

pub(super) fn check_library() -> Result<(), ConnectError> {
    let found = rusqlite::version_number();
    if found < LIBRARY_VERSION_MIN {
        return Err(ConnectError::LibraryTooOld { found: rusqlite::version() });
    }
    Ok(())
}

/// SQLite would create the file readable by everyone; the `-wal` and `-shm` files copy its mode.
///
/// An existing file is not opened here: closing it again would drop the locks that another
/// connection of this process has on it (POSIX).
fn create_file(path: &Path) -> Result<(), ConnectError> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(ConnectError::CannotCreate { path: path.into(), source }),
    }
}
