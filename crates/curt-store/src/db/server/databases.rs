//! Creating and dropping databases on a server.

use std::borrow::Cow;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::{connection::ours, errors::db_error, options::Options};
use crate::{
    db::{DatabaseUrl, Engine},
    error::{DbError, DbErrorKind},
};

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

/// A name that means the same quoted and unquoted, because it cannot be a bound value.
fn checked_name(name: &str) -> Result<&str, DbError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_plain) {
        return Ok(name);
    }
    Err(DbError::new(DbErrorKind::Other, format!("not a plain name for a database: {name:?}")))
}
