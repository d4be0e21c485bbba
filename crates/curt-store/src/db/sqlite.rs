//! SQLite through rusqlite: one connection, its settings, its statements and its errors.
//!
//! The only file that names rusqlite. Who may use a connection, and when, is settled by `writer`
//! and `readers`.

use std::{
    fs, io,
    ops::ControlFlow,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{CachedStatement, ErrorCode, OpenFlags, ffi, types::ValueRef};

use super::{
    Row, Sql, Value,
    connect::ConnectError,
    ownership::{FIRST_TABLE, Ownership},
    value::Cell,
};
use crate::error::{DbError, DbErrorKind};

/// Below it, two connections may lose committed rows between them: the WAL-reset bug.
const LIBRARY_VERSION_MIN: i32 = 3_051_003;

/// How long a statement waits for another process, `curt` on the command line for example.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements kept per connection; all the texts we have fit.
const STATEMENTS_MAX: usize = 256;

/// The writer's page cache: in an index of codes every create lands on another page.
const WRITER_CACHE_KIB: i64 = 16 * 1024;

/// A WAL of this many pages (4 MiB) is copied back into the database.
const CHECKPOINT_PAGES: i32 = 1_000;

/// What a WAL that grew under a long read is cut to afterwards.
const WAL_KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// Steps of SQLite's virtual machine between two looks at the clock: some tens of microseconds.
const STEPS_BETWEEN_CLOCKS: i32 = 1_000;

/// The same between two questions to whoever watches a backup, which are system calls.
const STEPS_BETWEEN_QUESTIONS: i32 = 20_000;

/// How often another process that opens the same new database may come in between.
const WAL_ATTEMPTS_MAX: u32 = 10;

/// Asked again and again during long work on a file; `Break` ends it at once.
pub type Watch = Arc<dyn Fn() -> ControlFlow<()> + Send + Sync>;

pub(in crate::db) struct Connection {
    inner: rusqlite::Connection,
    deadline: Option<Instant>,
    /// Pages in the WAL after the latest commit, told by SQLite's hook.
    wal_pages: Arc<AtomicI32>,
}

impl Connection {
    /// Opens the connection that writes. It creates the file and fixes its format, so it comes
    /// before any reader, and it refuses what is not ours before it changes anything.
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

    /// Keeps all other connections away, also those of other processes. So it knows of itself alone,
    /// which takes no room on the disk, and it cannot write.
    pub(in crate::db) fn open_alone(path: &Path) -> Result<Self, DbError> {
        // Before anything is read: then no file is made through which connections know each other.
        let connection = Self::open_existing(path)?;
        connection.set("locking_mode", "exclusive")?;
        connection.set("query_only", "on")?;
        Ok(connection)
    }

    /// For a look at a database that others use. Unlike the others it never creates the file.
    pub(in crate::db) fn open_existing(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// For a file that nobody writes and that stays as it is, to the last byte.
    pub(in crate::db) fn open_unchanging(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Runs a statement that returns no rows; says how many rows it changed.
    pub(in crate::db) fn execute(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<u64, DbError> {
        self.check_deadline()?;
        let count = self.prepare(sql, values)?.raw_execute().map_err(db_error)?;
        Ok(count as u64)
    }

    /// Runs a statement for each of the rows; it is prepared once.
    pub(in crate::db) fn execute_rows(
        &mut self,
        sql: Sql,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), DbError> {
        let mut statement = self.inner.prepare_cached(sql.for_sqlite()).map_err(db_error)?;
        for values in rows {
            self.check_deadline()?;
            bind(&mut statement, sql, values)?;
            statement.raw_execute().map_err(db_error)?;
        }
        Ok(())
    }

    pub(in crate::db) fn rows(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        self.check_deadline()?;
        let mut statement = self.prepare(sql, values)?;
        let columns = 0..statement.column_count();
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(db_error)? {
            let cell = |column| cell(row.get_ref(column).map_err(db_error)?);
            rows.push(Row::new(columns.clone().map(cell).collect::<Result<_, _>>()?));
        }
        Ok(rows)
    }

    /// Takes the lock that only one connection of all processes can have.
    pub(in crate::db) fn begin(&self) -> Result<(), DbError> {
        self.control("begin immediate")
    }

    pub(in crate::db) fn commit(&self) -> Result<(), DbError> {
        self.control("commit")
    }

    pub(in crate::db) fn rollback(&self) -> Result<(), DbError> {
        self.control("rollback")
    }

    pub(in crate::db) fn begin_job(&self) -> Result<(), DbError> {
        self.control("savepoint job")
    }

    pub(in crate::db) fn keep_job(&self) -> Result<(), DbError> {
        self.control("release savepoint job")
    }

    pub(in crate::db) fn undo_job(&self) -> Result<(), DbError> {
        self.control("rollback to savepoint job")?;
        self.keep_job()
    }

    /// Whether a transaction is open. SQLite ends it by itself on some errors, a full disk above
    /// all, and whatever ran next would then commit alone.
    pub(in crate::db) fn in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
    }

    /// From now on statements are interrupted once the time is over; `None` takes the limit away.
    pub(in crate::db) fn limit_time(&mut self, limit: Option<Duration>) -> Result<(), DbError> {
        self.deadline = limit.map(|limit| Instant::now() + limit);
        let is_over = self.deadline.map(|deadline| move || deadline <= Instant::now());
        self.inner.progress_handler(STEPS_BETWEEN_CLOCKS, is_over).map_err(db_error)
    }

    /// From now on `watch` is asked every few milliseconds of work whether to go on.
    pub(in crate::db) fn watch(&mut self, watch: Watch) -> Result<(), DbError> {
        let is_over = move || watch().is_break();
        self.inner.progress_handler(STEPS_BETWEEN_QUESTIONS, Some(is_over)).map_err(db_error)
    }

    /// Writes what is committed now into an empty file, with nothing of what was deleted.
    pub(in crate::db) fn vacuum_into(&self, path: &Path) -> Result<(), DbError> {
        let Some(path) = path.to_str() else {
            return Err(DbError::new(DbErrorKind::Other, "the path of the copy is not UTF-8"));
        };
        self.inner.execute("vacuum into ?1", [path]).map(drop).map_err(db_error)
    }

    /// Moves all of the WAL into the database. As the last connection its end removes the file.
    pub(in crate::db) fn fold_log(&self) -> Result<(), DbError> {
        let is_busy = |row: &rusqlite::Row<'_>| row.get(0);
        let text = "pragma wal_checkpoint(truncate)";
        let busy: i64 = self.inner.query_row(text, (), is_busy).map_err(db_error)?;
        if busy == 0 {
            return Ok(());
        }
        Err(DbError::new(DbErrorKind::TimedOut, "another connection uses the database"))
    }

    /// What SQLite's own check finds: pages, rows and indexes that contradict each other.
    pub(in crate::db) fn integrity_problems(&mut self) -> Result<Vec<String>, DbError> {
        const CHECK: Sql = Sql::new("pragma integrity_check");
        let rows = match self.rows(CHECK, &[]) {
            Ok(rows) => rows,
            // Too damaged for the check to get through.
            Err(error) if error.kind() == DbErrorKind::StorageFailed => {
                return Ok(vec![std::error::Error::source(&error).unwrap_or(&error).to_string()]);
            }
            Err(error) => return Err(error),
        };
        let lines: Result<Vec<_>, _> =
            rows.iter().map(|row| row.text(0).map(str::to_owned)).collect();
        Ok(lines?.into_iter().filter(|line| line != "ok").collect())
    }

    /// Copies the WAL into the database when it has grown enough.
    ///
    /// We do this ourselves because SQLite's own checkpoint hides its errors, and a failed sync
    /// must not be tried again as if nothing had happened; and because it is then done after
    /// the answers are given, not before.
    pub(in crate::db) fn checkpoint_when_due(&self) -> Result<(), DbError> {
        if self.wal_pages.load(Ordering::Relaxed) < CHECKPOINT_PAGES {
            return Ok(());
        }
        let ignore_progress = |_: &rusqlite::Row<'_>| Ok(());
        self.inner
            .query_row("pragma wal_checkpoint(passive)", (), ignore_progress)
            .map_err(db_error)
    }

    fn open(path: &Path) -> Result<Self, DbError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Self, DbError> {
        // Each connection belongs to one thread at a time, so SQLite need not see to that.
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
        // Only effective before the first page is written, and switching to WAL writes it. Set again
        // it would be written again: a wait for other writers, a sync, and no start on a full disk.
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

    /// Two processes may open a new database at the same time. SQLite does not wait then, so we
    /// wait for the other's lock and ask again.
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
        // Taking the hook turns SQLite's automatic checkpoint off.
        let hook = move |_: &mut rusqlite::hooks::Wal, in_wal| {
            pages.store(in_wal, Ordering::Relaxed);
            Ok(())
        };
        self.inner.wal_hook(Some(hook)).map_err(db_error)
    }

    fn set(&self, name: &str, value: impl rusqlite::ToSql) -> Result<(), DbError> {
        self.inner.pragma_update(None, name, value).map_err(db_error)
    }

    fn control(&self, text: &'static str) -> Result<(), DbError> {
        let mut statement = self.inner.prepare_cached(text).map_err(db_error)?;
        statement.raw_execute().map(drop).map_err(db_error)
    }

    fn prepare(&self, sql: Sql, values: &[Value<'_>]) -> Result<CachedStatement<'_>, DbError> {
        let mut statement = self.inner.prepare_cached(sql.for_sqlite()).map_err(db_error)?;
        bind(&mut statement, sql, values)?;
        Ok(statement)
    }

    /// Many statements that are short one by one never reach the next look at the clock.
    fn check_deadline(&self) -> Result<(), DbError> {
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => {
                Err(DbError::new(DbErrorKind::TimedOut, "its time was over before this statement"))
            }
            _ => Ok(()),
        }
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    sql: Sql,
    values: &[Value<'_>],
) -> Result<(), DbError> {
    let (wanted, given) = (statement.parameter_count(), values.len());
    if wanted != given {
        // SQLite would take the missing ones for nulls.
        let bug = format!("{given} values for the {wanted} placeholders of {sql:?}");
        return Err(DbError::new(DbErrorKind::Other, bug));
    }
    for (index, value) in (1..).zip(values) {
        match value {
            Value::Int(int) => statement.raw_bind_parameter(index, int),
            Value::Text(text) => statement.raw_bind_parameter(index, text.as_deref()),
            Value::Blob(blob) => statement.raw_bind_parameter(index, blob.as_deref()),
        }
        .map_err(db_error)?;
    }
    Ok(())
}

/// What SQLite's own check finds in a file; nothing when it is sound.
pub(in crate::db) fn integrity_problems(path: &Path) -> Result<Vec<String>, DbError> {
    Connection::open_reader(path)?.integrity_problems()
}

fn check_library() -> Result<(), ConnectError> {
    let found = rusqlite::version_number();
    if found < LIBRARY_VERSION_MIN {
        return Err(ConnectError::LibraryTooOld { found: rusqlite::version() });
    }
    Ok(())
}

/// SQLite would create the file readable by everyone; the `-wal` and `-shm` files copy its mode.
///
/// A file that exists is not opened here: closing it again would drop the locks that another
/// connection of this process has on it (POSIX).
fn create_file(path: &Path) -> Result<(), ConnectError> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(ConnectError::CannotCreate { path: path.into(), source }),
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell, DbError> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(int) => Ok(Cell::Int(int)),
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_owned())),
            Err(error) => Err(DbError::new(DbErrorKind::Other, error)),
        },
        ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes.to_owned())),
        ValueRef::Real(_) => Err(DbError::new(DbErrorKind::Other, "a column holds a fraction")),
    }
}

fn is_not_a_database(error: &DbError) -> bool {
    let source = std::error::Error::source(error).and_then(|s| s.downcast_ref::<rusqlite::Error>());
    source.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::NotADatabase)
}

fn db_error(error: rusqlite::Error) -> DbError {
    let kind = error.sqlite_error().copied().map_or(DbErrorKind::Other, kind);
    DbError::new(kind, error)
}

fn kind(error: ffi::Error) -> DbErrorKind {
    match (error.code, error.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ) => DbErrorKind::UniqueViolation,
        (ErrorCode::ConstraintViolation, _) => DbErrorKind::OtherConstraint,
        // No room to grow the shared-memory file: not durable storage, and not broken.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => DbErrorKind::StorageFull,
        (ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            DbErrorKind::StorageFailed
        }
        (
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted,
            _,
        ) => DbErrorKind::TimedOut,
        (ErrorCode::ReadOnly | ErrorCode::CannotOpen, _) => DbErrorKind::Unavailable,
        _ => DbErrorKind::Other,
    }
}

#[cfg(test)]
mod tests;
