//! PostgreSQL and MySQL through sqlx: connections, statements, transactions and errors.
//!
//! This module alone names sqlx. The two drivers have no type in common, so each `enum` here has
//! one variant for either, and the rest of the crate sees the `enum`.

use std::{borrow::Cow, sync::Arc, time::Duration};

use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, Database, Decode, Encode,
    Executor as _, MySql, MySqlConnection, PgConnection, Postgres, Row as _, Transaction, Type,
    TypeInfo as _, ValueRef as _,
    mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlRow},
    postgres::{PgConnectOptions, PgDatabaseError, PgRow},
};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{
    Row, Sql, Value,
    connect::{ConnectError, StoreSettings},
    database_url::{DatabaseUrl, Engine, Location},
    metrics::StoreMetrics,
    patience::Patience,
    session,
    value::Cell,
};
use crate::error::{DbError, DbErrorKind};

mod pool;
mod transactions;

use pool::Pool;

/// How long the first connection may take: a server that starts at the same time is waited for
/// by whoever starts us.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a body, a single statement, a BEGIN, COMMIT or ROLLBACK, or the goodbye may take as
/// seen from here: a little more than the limits that the server itself keeps, so that only a hung
/// network is cut off here.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(12);

/// Prepared statements kept per connection; all the texts we have fit.
const STATEMENTS_MAX: usize = 256;

/// Values in one statement that inserts many rows. Both protocols end at 65 535; far below, the
/// trips that are saved no longer matter.
const VALUES_PER_STATEMENT: usize = 10_000;

/// A database server; clones share its connections.
#[derive(Clone)]
pub(in crate::db) struct Server {
    options: Arc<Options>,
    pool: Pool,
    /// Transactions under way. They end by themselves, whether or not somebody waits for them.
    transactions: TaskTracker,
    metrics: StoreMetrics,
}

enum Options {
    Postgres(PgConnectOptions),
    MySql(MySqlConnectOptions),
}

/// A borrowed connection, inside a transaction or not.
pub(in crate::db) enum Connection<'c> {
    Postgres(&'c mut PgConnection),
    MySql(&'c mut MySqlConnection),
}

/// A transaction that rolls back when it is dropped.
enum Begun {
    Postgres(Transaction<'static, Postgres>),
    MySql(Transaction<'static, MySql>),
}

impl Server {
    pub(in crate::db) async fn connect(
        settings: &StoreSettings,
        metrics: StoreMetrics,
    ) -> Result<Self, ConnectError> {
        let options = Options::of(&settings.database)?;
        match timeout(CONNECT_TIME_MAX, options.check()).await {
            Ok(checked) => checked?,
            Err(elapsed) => return Err(DbError::new(DbErrorKind::Unavailable, elapsed).into()),
        }
        let pool = Pool::new(&options, settings.connections_max, Patience::Request);
        let transactions = TaskTracker::new();
        Ok(Self { options: Arc::new(options), pool, transactions, metrics })
    }

    pub(in crate::db) fn engine(&self) -> Engine {
        match *self.options {
            Options::Postgres(_) => Engine::Postgres,
            Options::MySql(_) => Engine::MySql,
        }
    }

    pub(in crate::db) async fn rows(
        &self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        let read = async {
            let mut connection = self.pool.acquire().await?;
            connection.get().rows(sql, values).await
        };
        timeout(ANSWER_TIME_MAX, read).await.unwrap_or_else(|elapsed| Err(timed_out(elapsed)))
    }

    /// Waits for the transactions under way, then says goodbye to the server.
    pub(in crate::db) async fn close(&self) {
        self.transactions.close();
        self.transactions.wait().await;
        self.pool.close().await;
    }
}

impl Options {
    fn of(url: &DatabaseUrl) -> Result<Self, DbError> {
        match url.location() {
            Location::Postgres(url) => {
                let options = PgConnectOptions::from_url(url).map_err(db_error)?;
                let options = options.statement_cache_capacity(STATEMENTS_MAX);
                Ok(Self::Postgres(options.application_name("curt")))
            }
            Location::MySql(url) => {
                let options = MySqlConnectOptions::from_url(url).map_err(db_error)?;
                let options = options.statement_cache_capacity(STATEMENTS_MAX);
                Ok(Self::MySql(options.charset("utf8mb4").collation("utf8mb4_bin")))
            }
            Location::Sqlite(_) => Err(DbError::unavailable("SQLite has no server")),
        }
    }

    /// Connects once, without the pool, which would hide why it could not.
    async fn check(&self) -> Result<(), ConnectError> {
        match self {
            Self::Postgres(options) => {
                let mut connection = options.connect().await.map_err(db_error)?;
                let mut ours = Connection::Postgres(&mut connection);
                session::check_postgres(&ours.rows(session::POSTGRES_STATE, &[]).await?)?;
                connection.close().await.map_err(db_error)?;
            }
            Self::MySql(options) => {
                let mut connection = options.connect().await.map_err(db_error)?;
                let mut ours = Connection::MySql(&mut connection);
                session::check_mysql(&ours.rows(session::MYSQL_STATE, &[]).await?)?;
                connection.close().await.map_err(db_error)?;
            }
        }
        Ok(())
    }
}

impl Begun {
    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(transaction) => Connection::Postgres(transaction),
            Self::MySql(transaction) => Connection::MySql(transaction),
        }
    }

    async fn commit(self) -> Result<(), DbError> {
        let commit = async {
            match self {
                Self::Postgres(transaction) => transaction.commit().await,
                Self::MySql(transaction) => transaction.commit().await,
            }
        };
        match timeout(ANSWER_TIME_MAX, commit).await {
            Ok(committed) => committed.map_err(db_error),
            // It may have been committed or not, so it is not tried again.
            Err(_) => Err(DbError::unavailable("no answer to COMMIT: its outcome is unknown")),
        }
    }

    async fn roll_back(self) {
        let roll_back = async {
            match self {
                Self::Postgres(transaction) => transaction.rollback().await,
                Self::MySql(transaction) => transaction.rollback().await,
            }
        };
        let rolled_back = match timeout(ANSWER_TIME_MAX, roll_back).await {
            Ok(rolled_back) => rolled_back.map_err(db_error),
            Err(elapsed) => Err(timed_out(elapsed)),
        };
        if let Err(error) = rolled_back {
            // The connection is lost, and with it goes the transaction.
            let error: &dyn std::error::Error = &error;
            tracing::debug!(error, "a transaction was not rolled back");
        }
    }
}

impl Connection<'_> {
    pub(in crate::db) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Runs a statement that returns no rows; says how many rows it found to change.
    pub(in crate::db) async fn execute(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<u64, DbError> {
        match self {
            Self::Postgres(connection) => {
                let values = arguments::<Postgres>(values)?;
                let query = sqlx::query_with(ours(sql.for_postgres()), values);
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
            Self::MySql(connection) => {
                let values = arguments::<MySql>(values)?;
                let query = sqlx::query_with(ours(sql.for_mysql()), values);
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
        }
        .map_err(db_error)
    }

    /// Inserts many rows in few trips. Its texts differ by how many rows there are, so none of them
    /// is kept prepared.
    pub(in crate::db) async fn execute_rows(
        &mut self,
        sql: Sql,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), DbError> {
        let width = rows.first().map_or(1, Vec::len).max(1);
        for rows in rows.chunks(VALUES_PER_STATEMENT / width) {
            let values = rows.iter().flatten();
            match self {
                Self::Postgres(connection) => {
                    let text = ours(Cow::Owned(sql.for_postgres_rows(rows.len())));
                    let query = sqlx::query_with(text, arguments::<Postgres>(values)?);
                    query.persistent(false).execute(&mut **connection).await.map(drop)
                }
                Self::MySql(connection) => {
                    let text = ours(Cow::Owned(sql.for_mysql_rows(rows.len())));
                    let query = sqlx::query_with(text, arguments::<MySql>(values)?);
                    query.persistent(false).execute(&mut **connection).await.map(drop)
                }
            }
            .map_err(db_error)?;
        }
        Ok(())
    }

    pub(in crate::db) async fn rows(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Postgres(connection) => {
                let values = arguments::<Postgres>(values)?;
                let query = sqlx::query_with(ours(sql.for_postgres()), values);
                let rows = query.fetch_all(&mut **connection).await.map_err(db_error)?;
                rows.iter()
                    .map(|row| cells(row.len(), |column| postgres_cell(row, column)))
                    .collect()
            }
            Self::MySql(connection) => {
                let values = arguments::<MySql>(values)?;
                let query = sqlx::query_with(ours(sql.for_mysql()), values);
                let rows = query.fetch_all(&mut **connection).await.map_err(db_error)?;
                rows.iter().map(|row| cells(row.len(), |column| mysql_cell(row, column))).collect()
            }
        }
    }
}

/// Creates an empty database on the server that the address leads to.
pub(in crate::db) async fn create_database(
    server: &DatabaseUrl,
    name: &str,
) -> Result<(), DbError> {
    run_once(server, format!("create database {}", checked_name(name)?)).await
}

/// Drops a database, even one that is in use.
pub(in crate::db) async fn drop_database(server: &DatabaseUrl, name: &str) -> Result<(), DbError> {
    let force = if server.engine() == Engine::Postgres { " with (force)" } else { "" };
    run_once(server, format!("drop database if exists {}{force}", checked_name(name)?)).await
}

async fn run_once(server: &DatabaseUrl, text: String) -> Result<(), DbError> {
    let text = ours(Cow::Owned(text));
    match Options::of(server)? {
        Options::Postgres(options) => {
            let mut connection = options.connect().await.map_err(db_error)?;
            connection.execute(sqlx::raw_sql(text)).await.map_err(db_error)?;
            connection.close().await
        }
        Options::MySql(options) => {
            let mut connection = options.connect().await.map_err(db_error)?;
            connection.execute(sqlx::raw_sql(text)).await.map_err(db_error)?;
            connection.close().await
        }
    }
    .map_err(db_error)
}

/// A name that means the same quoted and unquoted, since it cannot be a bound value.
fn checked_name(name: &str) -> Result<&str, DbError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_plain) {
        return Ok(name);
    }
    Err(DbError::new(DbErrorKind::Other, format!("not a plain name for a database: {name:?}")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an `Sql` is made of 'static texts, and a name was checked: no input is in either"
)]
fn ours(text: Cow<'static, str>) -> AssertSqlSafe<Cow<'static, str>> {
    AssertSqlSafe(text)
}

fn arguments<'q, DB>(
    values: impl IntoIterator<Item = &'q Value<'q>>,
) -> Result<DB::Arguments, DbError>
where
    DB: Database,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<&'q str>: Encode<'q, DB> + Type<DB>,
    Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        match value {
            Value::Int(int) => arguments.add(*int),
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Blob(blob) => arguments.add(blob.as_deref()),
        }
        .map_err(|error| db_error(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

fn cells(count: usize, cell: impl Fn(usize) -> Result<Cell, sqlx::Error>) -> Result<Row, DbError> {
    let cells: Result<Vec<_>, _> = (0..count).map(cell).collect();
    cells.map(Row::new).map_err(db_error)
}

fn postgres_cell(row: &PgRow, column: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let decoded = match value.type_info().name() {
        "INT8" => <i64 as Decode<'_, Postgres>>::decode(value).map(Cell::Int),
        "INT4" => <i32 as Decode<'_, Postgres>>::decode(value).map(|int| Cell::Int(int.into())),
        "INT2" => <i16 as Decode<'_, Postgres>>::decode(value).map(|int| Cell::Int(int.into())),
        "BOOL" => <bool as Decode<'_, Postgres>>::decode(value).map(|is| Cell::Int(is.into())),
        "TEXT" | "VARCHAR" | "NAME" => Decode::<'_, Postgres>::decode(value).map(Cell::Text),
        "BYTEA" => Decode::<'_, Postgres>::decode(value).map(Cell::Blob),
        other => Err(format!("a column of type {other}").into()),
    };
    decoded.map_err(sqlx::Error::Decode)
}

fn mysql_cell(row: &MySqlRow, column: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let found = value.type_info().into_owned();
    let decoded = if <i64 as Type<MySql>>::compatible(&found) {
        <i64 as Decode<'_, MySql>>::decode(value).map(Cell::Int)
    } else if <u64 as Type<MySql>>::compatible(&found) {
        <u64 as Decode<'_, MySql>>::decode(value)
            .and_then(|int| i64::try_from(int).map(Cell::Int).map_err(Into::into))
    } else if <str as Type<MySql>>::compatible(&found) {
        Decode::<'_, MySql>::decode(value).map(Cell::Text)
    } else if <[u8] as Type<MySql>>::compatible(&found) {
        Decode::<'_, MySql>::decode(value).map(Cell::Blob)
    } else {
        Err(format!("a column of type {}", found.name()).into())
    };
    decoded.map_err(sqlx::Error::Decode)
}

fn timed_out(elapsed: tokio::time::error::Elapsed) -> DbError {
    DbError::new(DbErrorKind::TimedOut, elapsed)
}

fn db_error(error: sqlx::Error) -> DbError {
    let kind = match &error {
        sqlx::Error::Database(error) => {
            let postgres = error.try_downcast_ref().map(PgDatabaseError::code);
            let mysql = error.try_downcast_ref().map(MySqlDatabaseError::number);
            match (postgres, mysql) {
                (Some(code), _) => DbErrorKind::of_sqlstate(code),
                (_, Some(number)) => DbErrorKind::of_mysql(number),
                (None, None) => DbErrorKind::Other,
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => DbErrorKind::Unavailable,
        _ => DbErrorKind::Other,
    };
    DbError::new(kind, error)
}
