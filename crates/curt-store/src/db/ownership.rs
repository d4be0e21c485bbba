//! Whose tables a database has: ours, those of another program, or none.

use super::{sql::Sql, value::Row};
use crate::error::DbError;

const OUR_TABLE: &str = "curt_migrations";

/// Our own table if it is there, else any other, else no row.
///
/// One statement, or another node might create the tables between two.
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

/// Whose the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ownership {
    NoTables,
    Ours,
    Foreign { table: String },
}

impl Ownership {
    /// What the row of [`FIRST_TABLE`] says, if there is one.
    pub(crate) fn of(first_table: Option<&Row>) -> Result<Self, DbError> {
        let Some(row) = first_table else { return Ok(Self::NoTables) };
        let table = row.text(0)?;
        Ok(if table == OUR_TABLE { Self::Ours } else { Self::Foreign { table: table.to_owned() } })
    }
}
