//! A transaction in progress and what its body may do, on every engine alike.

use curt_domain::Timestamp;

use super::{
    change::{ChangeKind, NewChange},
    server,
    sql::Sql,
    sqlite,
    value::{Row, Value},
};
use crate::error::{DbError, DbErrorKind};

pub(crate) struct Tx<'c> {
    connection: Connection<'c>,
    changes: Vec<NewChange>,
    failure: Option<DbErrorKind>,
}

enum Connection<'c> {
    Sqlite(&'c mut sqlite::Connection),
    Server(server::Connection<'c>),
}

const SAVEPOINT: Sql = Sql::new("savepoint attempt");
const ROLLBACK_TO_SAVEPOINT: Sql = Sql::new("rollback to savepoint attempt");
const RELEASE_SAVEPOINT: Sql = Sql::new("release savepoint attempt");

impl<'c> Tx<'c> {
    pub(in crate::db) fn on_sqlite(connection: &'c mut sqlite::Connection) -> Self {
        Self { connection: Connection::Sqlite(connection), changes: Vec::new(), failure: None }
    }

    pub(in crate::db) fn on_server(connection: server::Connection<'c>) -> Self {
        Self { connection: Connection::Server(connection), changes: Vec::new(), failure: None }
    }

    /// Runs a statement that returns no rows; returns how many rows it matched.
    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64, DbError> {
        let result = self.execute_quietly(sql, values).await;
        self.noting_failure(result)
    }

    /// Runs an `insert … values (…)` for each of the rows: one by one where that costs no round
    /// trips, otherwise many at a time.
    pub(crate) async fn execute_rows(
        &mut self,
        sql: Sql,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), DbError> {
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute_rows(sql, rows),
            Connection::Server(connection) => connection.execute_rows(sql, rows).await,
        };
        self.noting_failure(result)
    }

    /// Like `execute`, but returns `None` if it fails in the expected way; then the statement has
    /// done nothing, and the transaction goes on.
    pub(crate) async fn execute_unless(
        &mut self,
        expected: DbErrorKind,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Option<u64>, DbError> {
        // Only PostgreSQL aborts the whole transaction when a statement fails.
        let needs_savepoint = match &self.connection {
            Connection::Sqlite(_) => false,
            Connection::Server(connection) => connection.is_postgres(),
        };
        if needs_savepoint {
            self.execute(SAVEPOINT, &[]).await?;
        }
        let (result, done) = match self.execute_quietly(sql, values).await {
            Ok(count) => (Some(count), RELEASE_SAVEPOINT),
            Err(error) if error.kind() == expected => (None, ROLLBACK_TO_SAVEPOINT),
            Err(error) => return self.noting_failure(Err(error)),
        };
        if needs_savepoint {
            self.execute(done, &[]).await?;
        }
        Ok(result)
    }

    pub(crate) async fn row(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    pub(crate) async fn rows(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => connection.rows(sql, values),
            Connection::Server(connection) => connection.rows(sql, values).await,
        };
        self.noting_failure(result)
    }

    /// Announces to all nodes that something they may hold in memory has changed. The last
    /// statements before COMMIT write the announcements, in the order of these calls.
    pub(crate) fn changed(&mut self, kind: ChangeKind, key: &str, at: Timestamp) {
        self.changes.push(NewChange { kind, key: key.to_owned(), at });
    }

    /// Takes the announcements, which are written before COMMIT.
    pub(in crate::db) fn take_changes(&mut self) -> Vec<NewChange> {
        std::mem::take(&mut self.changes)
    }

    /// How a statement failed, if one did: the body's own error does not tell. A failure that
    /// affects more than its statement takes precedence over a constraint.
    pub(in crate::db) fn failure(&self) -> Option<DbErrorKind> {
        self.failure
    }

    async fn execute_quietly(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64, DbError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute(sql, values),
            Connection::Server(connection) => connection.execute(sql, values).await,
        }
    }

    fn noting_failure<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result
            && self.failure.is_none_or(DbErrorKind::is_constraint)
        {
            self.failure = Some(error.kind());
        }
        result
    }
}
