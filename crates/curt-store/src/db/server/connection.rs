//! A connection to a server, its statements and their rows.

use std::borrow::Cow;

use sqlx::{
    Arguments as _, AssertSqlSafe, Database, Decode, Encode, MySql, MySqlConnection, PgConnection,
    Postgres, Row as _, Type, TypeInfo as _, ValueRef as _, mysql::MySqlRow, postgres::PgRow,
};

use super::errors::db_error;
use crate::{
    db::{Row, Sql, Value, value::Cell},
    error::DbError,
};

/// Values in one statement that inserts many rows. Both protocols allow at most 65 535; far below
/// that, saving more round trips no longer matters.
const VALUES_PER_STATEMENT: usize = 10_000;

/// A borrowed connection, inside a transaction or not.
pub(in crate::db) enum Connection<'c> {
    Postgres(&'c mut PgConnection),
    MySql(&'c mut MySqlConnection),
}

impl Connection<'_> {
    pub(in crate::db) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Runs a statement that returns no rows; returns how many rows it matched.
    pub(in crate::db) async fn execute(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<u64, DbError> {
        match self {
            Self::Postgres(connection) => {
                let values = arguments::<Postgres>(values)?;
                let query = sqlx::query_with(ours(sql.for_postgres()), values);
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
            Self::MySql(connection) => {
                let values = arguments::<MySql>(values)?;
                let query = sqlx::query_with(ours(sql.for_mysql()), values);
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
        }
        .map_err(db_error)
    }

    /// Inserts many rows in few round trips. The statement's text depends on the number of rows, so
    /// it is not kept prepared.
    pub(in crate::db) async fn execute_rows(
        &mut self,
        sql: Sql,
        rows: &[Vec<Value<'_>>],
    ) -> Result<(), DbError> {
        let width = rows.first().map_or(1, Vec::len).max(1);
        for rows in rows.chunks(VALUES_PER_STATEMENT / width) {
            let values = rows.iter().flatten();
            match self {
                Self::Postgres(connection) => {
                    let text = ours(Cow::Owned(sql.for_postgres_rows(rows.len())));
                    let query = sqlx::query_with(text, arguments::<Postgres>(values)?);
                    query.persistent(false).execute(&mut **connection).await.map(drop)
                }
                Self::MySql(connection) => {
                    let text = ours(Cow::Owned(sql.for_mysql_rows(rows.len())));
                    let query = sqlx::query_with(text, arguments::<MySql>(values)?);
                    query.persistent(false).execute(&mut **connection).await.map(drop)
                }
            }
            .map_err(db_error)?;
        }
        Ok(())
    }

    pub(in crate::db) async fn rows(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Postgres(connection) => {
                let values = arguments::<Postgres>(values)?;
                let query = sqlx::query_with(ours(sql.for_postgres()), values);
                let rows = query.fetch_all(&mut **connection).await.map_err(db_error)?;
                rows.iter()
                    .map(|row| cells(row.len(), |column| postgres_cell(row, column)))
                    .collect()
            }
            Self::MySql(connection) => {
                let values = arguments::<MySql>(values)?;
                let query = sqlx::query_with(ours(sql.for_mysql()), values);
                let rows = query.fetch_all(&mut **connection).await.map_err(db_error)?;
                rows.iter().map(|row| cells(row.len(), |column| mysql_cell(row, column))).collect()
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an `Sql` is made of 'static texts, and a name was checked: no input is in either"
)]
pub(super) fn ours(text: Cow<'static, str>) -> AssertSqlSafe<Cow<'static, str>> {
    AssertSqlSafe(text)
}

fn arguments<'q, DB>(
    values: impl IntoIterator<Item = &'q Value<'q>>,
) -> Result<DB::Arguments, DbError>
where
    DB: Database,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<&'q str>: Encode<'q, DB> + Type<DB>,
    Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        match value {
            Value::Int(int) => arguments.add(*int),
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Blob(blob) => arguments.add(blob.as_deref()),
        }
        .map_err(|error| db_error(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

fn cells(count: usize, cell: impl Fn(usize) -> Result<Cell, sqlx::Error>) -> Result<Row, DbError> {
    let cells: Result<Vec<_>, _> = (0..count).map(cell).collect();
    cells.map(Row::new).map_err(db_error)
}

fn postgres_cell(row: &PgRow, column: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let decoded = match value.type_info().name() {
        "INT8" => <i64 as Decode<'_, Postgres>>::decode(value).map(Cell::Int),
        "INT4" => <i32 as Decode<'_, Postgres>>::decode(value).map(|int| Cell::Int(int.into())),
        "INT2" => <i16 as Decode<'_, Postgres>>::decode(value).map(|int| Cell::Int(int.into())),
        "BOOL" => <bool as Decode<'_, Postgres>>::decode(value).map(|is| Cell::Int(is.into())),
        "TEXT" | "VARCHAR" | "NAME" => Decode::<'_, Postgres>::decode(value).map(Cell::Text),
        "BYTEA" => Decode::<'_, Postgres>::decode(value).map(Cell::Blob),
        other => Err(format!("a column of type {other}").into()),
    };
    decoded.map_err(sqlx::Error::Decode)
}

fn mysql_cell(row: &MySqlRow, column: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let found = value.type_info().into_owned();
    let decoded = if <i64 as Type<MySql>>::compatible(&found) {
        <i64 as Decode<'_, MySql>>::decode(value).map(Cell::Int)
    } else if <u64 as Type<MySql>>::compatible(&found) {
        <u64 as Decode<'_, MySql>>::decode(value)
            .and_then(|int| i64::try_from(int).map(Cell::Int).map_err(Into::into))
    } else if <str as Type<MySql>>::compatible(&found) {
        Decode::<'_, MySql>::decode(value).map(Cell::Text)
    } else if <[u8] as Type<MySql>>::compatible(&found) {
        Decode::<'_, MySql>::decode(value).map(Cell::Blob)
    } else {
        Err(format!("a column of type {}", found.name()).into())
    };
    decoded.map_err(sqlx::Error::Decode)
}
