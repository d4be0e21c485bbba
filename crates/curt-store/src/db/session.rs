//! The settings of our sessions on a server, and those that the server itself must have to keep
//! what it acknowledges.

use super::{Row, Sql, connect::ConnectError, patience::Patience};
use crate::error::DbError;

const POSTGRES_FLOOR: u32 = 130_000;
const MYSQL_FLOOR: (u32, u32) = (8, 0);
const MARIADB_FLOOR: (u32, u32) = (10, 6);

const POSTGRES_SESSION: &str = "
    set default_transaction_isolation = 'read committed';
    set timezone = 'UTC'";
const POSTGRES_TIME_LIMITS: &str = "
    set statement_timeout = '10s';
    set lock_timeout = '5s';
    set idle_in_transaction_session_timeout = '15s'";

/// The modes make texts mean the same as on the other engines, and bad values errors.
const MYSQL_SESSION: &str = "set session autocommit = 1, session time_zone = '+00:00',
    session sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,ANSI_QUOTES,\
NO_BACKSLASH_ESCAPES'";
const MYSQL_ISOLATION: &str = "set session transaction isolation level read committed";
/// Each comment is read by one product only: MariaDB limits all statements, MySQL only reads.
const MYSQL_TIME_LIMITS: &str = "set session innodb_lock_wait_timeout = 5
    /*M!100100 , session max_statement_time = 10 */ /*!80000 , session max_execution_time = 10000 */";

/// A cluster that only speaks PostgreSQL's protocol may lack a setting; then it is null.
pub(in crate::db) const POSTGRES_STATE: Sql = Sql::new(
    "select current_setting('server_version_num', true), current_setting('fsync', true),
            current_setting('synchronous_commit', true), current_setting('full_page_writes', true)",
);

pub(in crate::db) const MYSQL_STATE: Sql =
    Sql::new("select version(), cast(@@global.innodb_flush_log_at_trx_commit as char)");

/// The statements that begin a session; migrations have no time limits.
pub(in crate::db) const fn postgres(patience: Patience) -> &'static [&'static str] {
    match patience {
        Patience::Request => &[POSTGRES_SESSION, POSTGRES_TIME_LIMITS],
        Patience::Migration => &[POSTGRES_SESSION],
    }
}

pub(in crate::db) const fn mysql(patience: Patience) -> &'static [&'static str] {
    match patience {
        Patience::Request => &[MYSQL_SESSION, MYSQL_ISOLATION, MYSQL_TIME_LIMITS],
        Patience::Migration => &[MYSQL_SESSION, MYSQL_ISOLATION],
    }
}

pub(in crate::db) fn check_postgres(rows: &[Row]) -> Result<(), ConnectError> {
    let row = rows.first().ok_or_else(DbError::row_missing)?;
    let version: Option<u32> = row.optional_text(0)?.and_then(|version| version.parse().ok());
    if let Some(version) = version
        && version < POSTGRES_FLOOR
    {
        let found = format!("{}.{}", version / 10_000, version % 10_000);
        return Err(ConnectError::ServerTooOld { product: "PostgreSQL", found, floor: "13" });
    }
    if row.optional_text(1)? == Some("off") {
        return Err(ConnectError::FsyncOff);
    }
    for (column, setting) in [(2, "synchronous_commit"), (3, "full_page_writes")] {
        if row.optional_text(column)? == Some("off") {
            tracing::warn!(setting, "is off: a crash of the server may lose acknowledged links");
        }
    }
    Ok(())
}

pub(in crate::db) fn check_mysql(rows: &[Row]) -> Result<(), ConnectError> {
    let row = rows.first().ok_or_else(DbError::row_missing)?;
    let found = row.text(0)?;
    let (product, floor, floor_text) = if found.contains("MariaDB") {
        ("MariaDB", MARIADB_FLOOR, "10.6")
    } else {
        ("MySQL", MYSQL_FLOOR, "8.0")
    };
    if major_and_minor(found).is_some_and(|version| version < floor) {
        let found = found.to_owned();
        return Err(ConnectError::ServerTooOld { product, found, floor: floor_text });
    }
    if row.optional_text(1)? != Some("1") {
        let setting = "innodb_flush_log_at_trx_commit";
        tracing::warn!(setting, "is not 1: a crash of the server may lose acknowledged links");
    }
    Ok(())
}

/// Reads the start of `10.11.6-MariaDB-1:10.11.6+maria` or `8.0.36`.
fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests;
