//! PostgreSQL and MySQL through sqlx: connections, statements, transactions and errors.
//!
//! Only this module names sqlx. The two drivers have no type in common, so each `enum` here has one
//! variant for each, and the rest of the crate sees the `enum`.

use std::sync::Arc;

use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{
    Row, Sql, Value,
    connect::{ConnectError, StoreSettings},
    database_url::Engine,
    metrics::StoreMetrics,
    patience::Patience,
};
use crate::error::{DbError, DbErrorKind};

mod begun;
mod connection;
mod databases;
mod errors;
mod options;
mod pool;
mod time_limits;
mod transactions;

use options::Options;
use pool::Pool;
use time_limits::{ANSWER_TIME_MAX, CONNECT_TIME_MAX, timed_out};

pub(in crate::db) use connection::Connection;
pub(in crate::db) use databases::{create_database, drop_database};

/// A database server; clones share its connections.
#[derive(Clone)]
pub(in crate::db) struct Server {
    options: Arc<Options>,
    pool: Pool,
    /// Running transactions. They end by themselves, whether or not a caller waits for them.
    transactions: TaskTracker,
    metrics: StoreMetrics,
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

    /// Waits for the running transactions, then closes the connections.
    pub(in crate::db) async fn close(&self) {
        self.transactions.close();
        self.transactions.wait().await;
        self.pool.close().await;
    }
}
