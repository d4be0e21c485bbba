//! The connections to a database server that a node keeps.
//!
//! **Invariant:** a connection attempt runs to its end, even if the request that wanted it has
//! given up. Otherwise every attempt would be aborted on a slow network or a busy machine, and the
//! database would stay out of reach although it answers.

use std::{sync::Arc, time::Duration};

use sqlx::{
    Connection as _, Database, Executor, MySql, MySqlPool, PgPool, Postgres,
    pool::{PoolConnection, PoolOptions},
};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::task::TaskTracker;

use super::{
    begun::Begun,
    connection::Connection,
    errors::db_error,
    options::Options,
    time_limits::{ANSWER_TIME_MAX, CONNECT_TIME_MAX},
};
use crate::{
    db::{patience::Patience, session},
    error::DbError,
};

/// How long a request waits for a connection. After a longer wait its client would have given up.
const ACQUIRE_TIME_MAX: Duration = Duration::from_millis(500);

/// A connection that was idle for so long is tested before use, because the server may have
/// restarted. Under load that never happens, which saves each statement a round trip.
const TRIED_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Clones share the connections.
#[derive(Clone)]
pub(super) struct Pool {
    connections: Connections,
    wait_max: Duration,
    /// One permit for each connection attempt that no request waits for any more: at most as many
    /// as there may be connections.
    unwanted: Arc<Semaphore>,
    making: TaskTracker,
}

#[derive(Clone)]
enum Connections {
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// A connection that returns to the pool when it is dropped.
pub(super) enum Pooled {
    Postgres(PoolConnection<Postgres>),
    MySql(PoolConnection<MySql>),
}

impl Pooled {
    pub(super) fn get(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(connection) => Connection::Postgres(connection),
            Self::MySql(connection) => Connection::MySql(connection),
        }
    }
}

impl Pool {
    /// Opens no connection yet.
    pub(super) fn new(options: &Options, connections_max: u32, patience: Patience) -> Self {
        let connections = match options {
            Options::Postgres(options) => {
                let pool = pool_options(connections_max, session::postgres(patience));
                Connections::Postgres(pool.connect_lazy_with(options.clone()))
            }
            Options::MySql(options) => {
                let pool = pool_options(connections_max, session::mysql(patience));
                Connections::MySql(pool.connect_lazy_with(options.clone()))
            }
        };
        Self {
            connections,
            wait_max: match patience {
                Patience::Request => ACQUIRE_TIME_MAX,
                Patience::Migration => CONNECT_TIME_MAX,
            },
            unwanted: Arc::new(Semaphore::new(connections_max as usize)),
            making: TaskTracker::new(),
        }
    }

    pub(super) async fn acquire(&self) -> Result<Pooled, DbError> {
        match &self.connections {
            Connections::Postgres(pool) => self.in_time(pool.acquire()).await.map(Pooled::Postgres),
            Connections::MySql(pool) => self.in_time(pool.acquire()).await.map(Pooled::MySql),
        }
    }

    /// Acquires a connection and begins a transaction on it, both within one time limit.
    pub(super) async fn begin(&self) -> Result<Begun, DbError> {
        match self.connections.clone() {
            Connections::Postgres(pool) => {
                let begin = async move { pool.begin().await };
                self.in_time(begin).await.map(Begun::Postgres)
            }
            Connections::MySql(pool) => {
                let begin = async move { pool.begin().await };
                self.in_time(begin).await.map(Begun::MySql)
            }
        }
    }

    async fn in_time<T: Send + 'static>(
        &self,
        getting: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    ) -> Result<T, DbError> {
        let mut getting = Box::pin(getting);
        if let Ok(got) = timeout(self.wait_max, &mut getting).await {
            return got.map_err(db_error);
        }
        if let Ok(place) = Arc::clone(&self.unwanted).try_acquire_owned() {
            self.making.spawn(async move {
                // Good or bad, the connection is for the next request. A silent network must not
                // keep the attempt alive.
                drop(timeout(ANSWER_TIME_MAX, getting).await);
                drop(place);
            });
        }
        Err(DbError::unavailable("no connection to the database was free in time"))
    }

    pub(super) async fn close(&self) {
        let close = async {
            match &self.connections {
                Connections::Postgres(pool) => pool.close().await,
                Connections::MySql(pool) => pool.close().await,
            }
        };
        if timeout(ANSWER_TIME_MAX, close).await.is_err() {
            tracing::warn!("the database did not answer when connections to it were closed");
        }
    }
}

/// Connections are tested after a pause, and begin with the statements of `session`.
fn pool_options<DB: Database>(
    connections_max: u32,
    session: &'static [&'static str],
) -> PoolOptions<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    PoolOptions::<DB>::new()
        .max_connections(connections_max)
        .acquire_timeout(CONNECT_TIME_MAX)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, usage| {
            Box::pin(async move {
                if TRIED_AFTER_IDLE <= usage.idle_for {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection: &mut DB::Connection, _| {
            Box::pin(async move {
                for statement in session {
                    connection.execute(*statement).await?;
                }
                Ok(())
            })
        })
}

#[cfg(test)]
mod tests;
