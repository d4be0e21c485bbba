//! The owner of a database's tables: Curt, another program, or none.

use super::{sql::Sql, value::Row};
use crate::error::DbError;

const OUR_TABLE: &str = "curt_migrations";

/// Our own table if it exists, otherwise any other, otherwise no row.
///
/// One statement, because between two another node might create the tables.
pub(crate) const FIRST_TABLE: Sql = Sql::new(
    "select tablename from pg_tables where schemaname = current_schema()
     order by case when tablename = 'curt_migrations' then 0 else 1 end limit 1",
)
.on_sqlite(
    "select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%'
     order by case when name = 'curt_migrations' then 0 else 1 end limit 1",
)
.on_mysql(
    "select table_name from information_schema.tables where table_schema = database()
     order by case when table_name = 'curt_migrations' then 0 else 1 end limit 1",
);

/// The owner of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ownership {
    NoTables,
    Ours,
    Foreign { table: String },
}

impl Ownership {
    /// Interprets the row of [`FIRST_TABLE`], if there is one.
    pub(crate) fn of(first_table: Option<&Row>) -> Result<Self, DbError> {
        let Some(row) = first_table else { return Ok(Self::NoTables) };
        let table = row.text(0)?;
        Ok(if table == OUR_TABLE { Self::Ours } else { Self::Foreign { table: table.to_owned() } })
    }
}
