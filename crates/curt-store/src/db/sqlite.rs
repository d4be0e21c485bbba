//! SQLite through rusqlite: one connection, its settings, its statements and its errors.
//!
//! The only module that names rusqlite. `writer` and `readers` decide who may use a connection, and
//! when.

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{CachedStatement, types::ValueRef};

use super::{Row, Sql, Value, value::Cell};
use crate::error::{DbError, DbErrorKind};

mod errors;
mod opening;

use errors::db_error;

/// A WAL of this many pages (4 MiB) is copied back into the database.
const CHECKPOINT_PAGES: i32 = 1_000;

/// Steps of SQLite's virtual machine between two looks at the clock: some tens of microseconds.
const STEPS_BETWEEN_CLOCKS: i32 = 1_000;

/// Steps between two calls of a backup's guard, which makes system calls.
const STEPS_BETWEEN_QUESTIONS: i32 = 20_000;

/// Called again and again during long work on a file; `Break` ends the work at once.
pub type ProgressGuard = Arc<dyn Fn() -> ControlFlow<()> + Send + Sync>;

pub(in crate::db) struct Connection {
    inner: rusqlite::Connection,
    deadline: Option<Instant>,
    /// Pages in the WAL after the latest commit, as reported by SQLite's hook.
    wal_pages: Arc<AtomicI32>,
}

impl Connection {
    /// Runs a statement that returns no rows; returns how many rows it changed.
    pub(in crate::db) fn execute(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<u64, DbError> {
        self.check_deadline()?;
        let count = self.prepare(sql, values)?.raw_execute().map_err(db_error)?;
        Ok(count as u64)
    }

    /// Runs a statement for each of the rows, preparing it once.
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

    /// Takes the write lock, which only one connection of all processes can hold.
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

    /// Whether a transaction is open. Some errors, above all a full disk, make SQLite end it, and
    /// the next statement would then commit alone.
    pub(in crate::db) fn in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
    }

    /// From now on statements are interrupted once the time is over; `None` removes the limit.
    pub(in crate::db) fn limit_time(&mut self, limit: Option<Duration>) -> Result<(), DbError> {
        self.deadline = limit.map(|limit| Instant::now() + limit);
        let is_over = self.deadline.map(|deadline| move || deadline <= Instant::now());
        self.inner.progress_handler(STEPS_BETWEEN_CLOCKS, is_over).map_err(db_error)
    }

    /// From now on asks `watch` every few milliseconds of work whether to continue.
    pub(in crate::db) fn set_progress_guard(
        &mut self,
        guard: ProgressGuard,
    ) -> Result<(), DbError> {
        let is_over = move || guard().is_break();
        self.inner.progress_handler(STEPS_BETWEEN_QUESTIONS, Some(is_over)).map_err(db_error)
    }

    /// Writes the committed state into an empty file, without traces of deleted rows.
    pub(in crate::db) fn vacuum_into(&self, path: &Path) -> Result<(), DbError> {
        let Some(path) = path.to_str() else {
            return Err(DbError::new(DbErrorKind::Other, "the path of the copy is not UTF-8"));
        };
        self.inner.execute("vacuum into ?1", [path]).map(drop).map_err(db_error)
    }

    /// Moves the whole WAL into the database. Closing the last connection then removes the WAL
    /// file.
    pub(in crate::db) fn checkpoint_wal(&self) -> Result<(), DbError> {
        let is_busy = |row: &rusqlite::Row<'_>| row.get(0);
        let text = "pragma wal_checkpoint(truncate)";
        let busy: i64 = self.inner.query_row(text, (), is_busy).map_err(db_error)?;
        if busy == 0 {
            return Ok(());
        }
        Err(DbError::new(DbErrorKind::TimedOut, "another connection uses the database"))
    }

    /// Problems that SQLite's own check finds: pages, rows and indexes that contradict each other.
    pub(in crate::db) fn integrity_problems(&mut self) -> Result<Vec<String>, DbError> {
        const CHECK: Sql = Sql::new("pragma integrity_check");
        let rows = match self.rows(CHECK, &[]) {
            Ok(rows) => rows,
            // The file is too damaged for the check to finish.
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
    /// SQLite's own checkpoint is off for two reasons. It hides its errors, and a failed sync must
    /// not be retried as if nothing had happened. And this one runs after the answers are sent, not
    /// before.
    pub(in crate::db) fn checkpoint_when_due(&self) -> Result<(), DbError> {
        if self.wal_pages.load(Ordering::Relaxed) < CHECKPOINT_PAGES {
            return Ok(());
        }
        let ignore_progress = |_: &rusqlite::Row<'_>| Ok(());
        self.inner
            .query_row("pragma wal_checkpoint(passive)", (), ignore_progress)
            .map_err(db_error)
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

    /// Statements that are short one by one never reach SQLite's next look at the clock.
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
        // SQLite would take missing values for nulls.
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

/// Problems that SQLite's own check finds in a file; empty if it is sound.
pub(in crate::db) fn integrity_problems(path: &Path) -> Result<Vec<String>, DbError> {
    Connection::open_reader(path)?.integrity_problems()
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

#[cfg(test)]
mod tests;
