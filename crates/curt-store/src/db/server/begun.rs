//! A transaction that a server has begun.

use sqlx::{MySql, Postgres, Transaction};
use tokio::time::timeout;

use super::{
    connection::Connection,
    errors::db_error,
    time_limits::{ANSWER_TIME_MAX, timed_out},
};
use crate::error::DbError;

/// A transaction that rolls back when it is dropped.
pub(super) enum Begun {
    Postgres(Transaction<'static, Postgres>),
    MySql(Transaction<'static, MySql>),
}

impl Begun {
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(transaction) => Connection::Postgres(transaction),
            Self::MySql(transaction) => Connection::MySql(transaction),
        }
    }

    pub(super) async fn commit(self) -> Result<(), DbError> {
        let commit = async {
            match self {
                Self::Postgres(transaction) => transaction.commit().await,
                Self::MySql(transaction) => transaction.commit().await,
            }
        };
        match timeout(ANSWER_TIME_MAX, commit).await {
            Ok(committed) => committed.map_err(db_error),
            // It may have been committed or not, so it is not retried.
            Err(_) => Err(DbError::unavailable("no answer to COMMIT: its outcome is unknown")),
        }
    }

    pub(super) async fn roll_back(self) {
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
            // The connection is lost, and its transaction with it.
            let error: &dyn std::error::Error = &error;
            tracing::debug!(error, "a transaction was not rolled back");
        }
    }
}
