//! One interface to three kinds of database. The drivers are in `sqlite` (rusqlite) and in `server`
//! (sqlx, for PostgreSQL and MySQL); no other module in the workspace knows them.
//!
//! Dropping a caller's future does not cancel a write: it runs on SQLite's writer thread, or on the
//! servers in its own task.

use std::{path::Path, thread::JoinHandle, time::Instant};

use curt_domain::Timestamp;
use tokio::sync::Mutex;

use crate::error::{DbError, DbErrorKind};

mod admin;
pub(crate) mod announcements;
mod body;
mod change;
mod connect;
mod copies;
mod database_url;
#[cfg(test)]
pub(crate) mod explain;
mod jobs;
mod metrics;
mod ownership;
mod patience;
mod readers;
mod server;
mod session;
mod sql;
mod sqlite;
mod tx;
mod value;
mod writer;

use database_url::Location;
use jobs::Isolation;
use patience::Patience;
use readers::Readers;
use server::Server;
use writer::Writer;

pub(crate) use body::{Body, Work};
pub use change::ChangeKind;
#[cfg(test)]
pub(crate) use change::NewChange;
pub use connect::{CONNECTIONS_MAX_DEFAULT, ConnectError, StoreSettings};
pub(crate) use copies::{SqliteCopy, checkpoint_wal, copy_sqlite};
pub use database_url::{DatabaseUrl, Engine, InvalidDatabaseUrl};
pub use metrics::StoreMetrics;
pub(crate) use ownership::{FIRST_TABLE, Ownership};
pub(crate) use sql::Sql;
pub use sqlite::ProgressGuard;
pub(crate) use tx::Tx;
pub(crate) use value::{Row, Value};

/// Rows that [`Db::prune`] deletes at a time.
const PRUNED_AT_ONCE: u32 = 1_000;

/// A connected database.
pub(crate) struct Db {
    backend: Backend,
    metrics: StoreMetrics,
}

enum Backend {
    Sqlite {
        /// Absent if the disk was too full for a writer.
        writer: Option<Writer>,
        readers: Readers,
        threads: Mutex<Vec<JoinHandle<()>>>,
    },
    Server(Server),
}

impl Db {
    pub(crate) async fn connect(
        settings: &StoreSettings,
        metrics: StoreMetrics,
    ) -> Result<Self, ConnectError> {
        let backend = match settings.database.location() {
            Location::Sqlite(path) => Backend::open_sqlite(path, metrics.clone())?,
            Location::Postgres(_) | Location::MySql(_) => {
                Backend::Server(Server::connect(settings, metrics.clone()).await?)
            }
        };
        Ok(Self { backend, metrics })
    }

    /// Reads an SQLite database whose disk is full. No other connection can use it in that time.
    pub(crate) fn open_alone(path: &Path, metrics: StoreMetrics) -> Result<Self, DbError> {
        let connection = sqlite::Connection::open_alone(path)?;
        let (readers, threads) = Readers::with(vec![connection]);
        let backend = Backend::Sqlite { writer: None, readers, threads: Mutex::new(threads) };
        Ok(Self { backend, metrics })
    }

    pub(crate) fn engine(&self) -> Engine {
        match &self.backend {
            Backend::Sqlite { .. } => Engine::Sqlite,
            Backend::Server(server) => server.engine(),
        }
    }

    pub(crate) async fn row(&self, sql: Sql, values: &[Value<'_>]) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Reads committed rows. Statements that may return many have a `limit`.
    pub(crate) async fn rows(&self, sql: Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        let started = Instant::now();
        let rows = match &self.backend {
            Backend::Sqlite { readers, .. } => readers.rows(sql, owned(values)).await,
            // Boxed: drivers' futures are big, and nest too deep for the compiler.
            Backend::Server(server) => Box::pin(server.rows(sql, values)).await,
        };
        self.metrics.observe(self.engine(), "read", started.elapsed());
        if let Err(error) = &rows {
            self.metrics.count_error(self.engine(), error.kind());
        }
        rows
    }

    /// A row of a statement that may read every row there is: on the servers over a separate
    /// connection without time limits. SQLite's readers keep their limit.
    pub(crate) async fn row_at_leisure(&self, sql: Sql) -> Result<Option<Row>, DbError> {
        let read: Body<Sql, Option<Row>, DbError> = |tx, sql| Box::pin(tx.row(*sql, &[]));
        match self.engine() {
            Engine::Sqlite => self.row(sql, &[]).await,
            Engine::Postgres | Engine::MySql => {
                self.run("count", Isolation::Savepoint, Patience::Migration, sql, read).await
            }
        }
    }

    /// A write of one statement, which is a transaction by itself.
    pub(crate) async fn execute(&self, sql: Sql, values: &[Value<'_>]) -> Result<u64, DbError> {
        let statement = Statement { sql, values: owned(values) };
        let run: Body<Statement, u64, DbError> =
            |tx, statement| Box::pin(tx.execute(statement.sql, &statement.values));
        self.run("write", Isolation::Statement, Patience::Request, statement, run).await
    }

    /// Deletes rows that are as old as `until` or older, slice by slice, so that no other write
    /// waits long for SQLite's writer. Returns how many. `last_of_slice` finds the newest time
    /// among a slice of the oldest rows; `delete` deletes up to that time.
    pub(crate) async fn prune(
        &self,
        last_of_slice: Sql,
        delete: Sql,
        until: Timestamp,
    ) -> Result<u64, DbError> {
        let mut pruned = 0;
        loop {
            let slice = [until.into(), i64::from(PRUNED_AT_ONCE).into()];
            let last = self.row(last_of_slice, &slice).await?;
            let Some(last) = last.ok_or_else(DbError::row_missing)?.optional_int(0)? else {
                return Ok(pruned);
            };
            pruned += self.execute(delete, &[last.into()]).await?;
        }
    }

    /// Runs the body and commits, or undoes everything if it fails. Its result is returned only
    /// after COMMIT. See [`Body`] for what a body may do.
    pub(crate) async fn transaction<I, T, E>(
        &self,
        name: &'static str,
        input: I,
        body: Body<I, T, E>,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run(name, Isolation::Savepoint, Patience::Request, input, body).await
    }

    /// A transaction without time limits, on the servers over a separate connection.
    pub(crate) async fn migration<I, T, E>(&self, input: I, body: Body<I, T, E>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run("migration", Isolation::Savepoint, Patience::Migration, input, body).await
    }

    /// Whether the local disk failed and writes are refused until a restart.
    pub(crate) fn storage_failed(&self) -> bool {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.as_ref().is_some_and(Writer::storage_failed),
            Backend::Server(_) => false,
        }
    }

    /// Finishes what was requested before, then closes the database.
    pub(crate) async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { writer, readers, threads } => {
                let threads = std::mem::take(&mut *threads.lock().await);
                let (writer, readers) = (writer.clone(), readers.clone());
                let joined = tokio::task::spawn_blocking(move || {
                    readers.stop();
                    writer.iter().for_each(Writer::stop);
                    threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count()
                });
                if joined.await.is_ok_and(|panicked| 0 < panicked) {
                    tracing::error!("a thread of the database had panicked");
                }
            }
            Backend::Server(server) => server.close().await,
        }
    }

    async fn run<I, T, E>(
        &self,
        name: &'static str,
        isolation: Isolation,
        patience: Patience,
        input: I,
        body: Body<I, T, E>,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let started = Instant::now();
        let result = match &self.backend {
            Backend::Sqlite { writer: Some(writer), .. } => {
                writer.run(name, isolation, patience, input, body).await
            }
            Backend::Sqlite { writer: None, .. } => {
                let why = "the disk was too full to open the database for writing";
                Err(DbError::new(DbErrorKind::StorageFull, why).into())
            }
            Backend::Server(server) => {
                Box::pin(server.transaction(name, patience, input, body)).await
            }
        };
        self.metrics.observe(self.engine(), name, started.elapsed());
        result
    }
}

impl Backend {
    fn open_sqlite(path: &Path, metrics: StoreMetrics) -> Result<Self, ConnectError> {
        let connection = sqlite::Connection::open_writer(path)?;
        let (readers, mut threads) = Readers::start(path)?;
        let (writer, thread) = Writer::start(connection, metrics);
        threads.push(thread);
        Ok(Self::Sqlite { writer: Some(writer), readers, threads: Mutex::new(threads) })
    }
}

struct Statement {
    sql: Sql,
    values: Vec<Value<'static>>,
}

fn owned(values: &[Value<'_>]) -> Vec<Value<'static>> {
    values.iter().cloned().map(Value::into_owned).collect()
}

#[cfg(test)]
mod tests;
