//! Announces changes to all nodes: the writing half of the changes feed, whose reading half is
//! `changes`.
//!
//! **Invariant:** commit order is sequence order. The numbers come from one counter row, taken by
//! the last statements before COMMIT and locked until it. With a plain sequence a later number
//! could commit first, and a reader that has seen it would never look for the earlier one.

use super::{change::NewChange, sql::Sql, tx::Tx};
use crate::error::DbError;

/// Most changes that one transaction may announce; twice the largest bulk edit.
pub(crate) const CHANGES_PER_TRANSACTION_MAX: usize = 1_000;

const TAKE_NUMBERS: Sql = Sql::new("update change_counter set seq = seq + $1");

/// The number of the latest change; 0 if there never was one.
pub(crate) const LAST_NUMBER: Sql = Sql::new("select seq from change_counter");

const INSERT: Sql =
    Sql::new("insert into changes (seq, kind, name_key, at) values ($1, $2, $3, $4)");

/// Numbers the changes and inserts them. Only COMMIT may follow.
pub(crate) async fn announce(tx: &mut Tx<'_>, changes: &[NewChange]) -> Result<(), DbError> {
    let Ok(count @ 1..) = i64::try_from(changes.len()) else { return Ok(()) };
    tx.execute(TAKE_NUMBERS, &[count.into()]).await?;
    let last = tx.row(LAST_NUMBER, &[]).await?.ok_or_else(DbError::row_missing)?.int(0)?;
    for (seq, change) in (last - count + 1..).zip(changes) {
        let kind = change.kind.as_str();
        let values = [seq.into(), kind.into(), change.key.as_str().into(), change.at.into()];
        tx.execute(INSERT, &values).await?;
    }
    Ok(())
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[TAKE_NUMBERS, LAST_NUMBER, INSERT];
