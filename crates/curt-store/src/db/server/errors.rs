//! The meaning of the drivers' errors for a caller.

use sqlx::{mysql::MySqlDatabaseError, postgres::PgDatabaseError};

use crate::error::{DbError, DbErrorKind};

pub(super) fn db_error(error: sqlx::Error) -> DbError {
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
