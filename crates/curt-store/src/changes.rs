//! The changes feed: what nodes keep in memory and must read again.
//!
//! Numbers have no gaps and are in commit order: `db::announcements` ensures that.

use curt_domain::Timestamp;

use crate::{
    db::{ChangeKind, Row, Sql, Value, announcements::LAST_NUMBER},
    error::{DbError, StoreError},
    store::Store,
};

/// Most changes read at once, however many were requested; a node that is behind asks again.
const READ_AT_ONCE_MAX: u32 = 10_000;

/// Rows deleted at a time, so that no other write waits long for SQLite's writer.
const PRUNED_AT_ONCE: u32 = 1_000;

/// Something changed, and all nodes that keep it in memory must read it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub seq: u64,
    pub kind: ChangeKind,
    pub key: String,
}

/// The changes since a node last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    Next {
        changes: Vec<Change>,
        /// The number to continue from.
        seq: u64,
    },
    /// Some changes are already deleted: everything in memory may be stale. Go on from
    /// [`Store::newest_change`], read before the memory is emptied.
    TooFarBehind,
}

const AFTER: Sql =
    Sql::new("select seq, kind, name_key from changes where seq > $1 order by seq limit $2");
const OLDEST: Sql = Sql::new("select seq, at from changes order by seq limit $1");
const DELETE: Sql = Sql::new("delete from changes where seq <= $1");

impl Store {
    /// The number of the latest change; 0 if there never was one.
    pub async fn newest_change(&self) -> Result<u64, StoreError> {
        self.last_number().await.map_err(StoreError::while_doing("asking for the newest change"))
    }

    /// The changes after the change with that number, oldest first. Returns at least one if there
    /// is one, whatever the limit; otherwise the caller could not tell whether something is
    /// missing.
    pub async fn changes_after(&self, seq: u64, limit: u32) -> Result<Changes, StoreError> {
        self.read_after(seq, limit.clamp(1, READ_AT_ONCE_MAX))
            .await
            .map_err(StoreError::while_doing("reading changes"))
    }

    /// Deletes changes that were made at `until` or earlier; returns how many.
    pub async fn prune_changes(&self, until: Timestamp) -> Result<u64, StoreError> {
        self.prune_oldest(until).await.map_err(StoreError::while_doing("forgetting changes"))
    }

    async fn last_number(&self) -> Result<u64, DbError> {
        self.db.row(LAST_NUMBER, &[]).await?.ok_or_else(DbError::row_missing)?.number(0)
    }

    /// Numbers have no gaps and only the oldest changes are deleted, so the first row tells whether
    /// something is missing. If there is no row, the counter tells. It is read before the rows: a
    /// change committed in between is found by the next call.
    async fn read_after(&self, seq: u64, limit: u32) -> Result<Changes, DbError> {
        let newest = self.last_number().await?;
        let rows = self.db.rows(AFTER, &[Value::number(seq), i64::from(limit).into()]).await?;
        let first = rows.first().map(|row| row.number(0)).transpose()?;
        // A number beyond the newest is from before the database was restored from a backup.
        let all_there = first.map_or(seq == newest, |first| first == seq + 1);
        if newest < seq || !all_there {
            return Ok(Changes::TooFarBehind);
        }
        let seq = rows.last().map_or(Ok(seq), |row| row.number(0))?;
        let changes = rows.iter().filter_map(|row| change(row).transpose());
        Ok(Changes::Next { changes: changes.collect::<Result<_, _>>()?, seq })
    }

    /// Deletes the oldest first, up to the first change that is not old enough: clocks of nodes
    /// differ, and the remaining changes must have no gaps.
    async fn prune_oldest(&self, until: Timestamp) -> Result<u64, DbError> {
        let mut pruned = 0;
        loop {
            let oldest = self.db.rows(OLDEST, &[i64::from(PRUNED_AT_ONCE).into()]).await?;
            let mut last = None;
            for row in &oldest {
                if until.as_millis() < row.int(1)? {
                    break;
                }
                last = Some(row.int(0)?);
            }
            let Some(last) = last else { return Ok(pruned) };
            pruned += self.db.execute(DELETE, &[last.into()]).await?;
        }
    }
}

fn change(row: &Row) -> Result<Option<Change>, DbError> {
    let Some(kind) = ChangeKind::from_str(row.text(1)?) else { return Ok(None) };
    Ok(Some(Change { seq: row.number(0)?, kind, key: row.text(2)?.to_owned() }))
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[AFTER, OLDEST, DELETE];

#[cfg(test)]
mod tests;
