//! How to connect to a server, and whether its settings allow it.

use sqlx::{
    ConnectOptions as _, Connection as _, mysql::MySqlConnectOptions, postgres::PgConnectOptions,
};

use super::{connection::Connection, errors::db_error};
use crate::{
    db::{ConnectError, DatabaseUrl, database_url::Location, session},
    error::DbError,
};

/// Prepared statements kept per connection; all our statements fit.
const STATEMENTS_MAX: usize = 256;

pub(super) enum Options {
    Postgres(PgConnectOptions),
    MySql(MySqlConnectOptions),
}

impl Options {
    pub(super) fn of(url: &DatabaseUrl) -> Result<Self, DbError> {
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

    /// Connects once, without the pool, which would hide the cause of a failure.
    pub(super) async fn check(&self) -> Result<(), ConnectError> {
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
