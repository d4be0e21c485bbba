//! Erasing links that were deleted long ago: the content goes, a tombstone keeps the code.
//!
//! **Invariant:** `deleted_links` has a row for each link that is deleted and not yet erased.

use curt_domain::{LinkId, Timestamp};

use super::{LOCK, rows, tags};
use crate::{
    db::{Sql, Tx, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// Most links that one call erases, each in a separate transaction.
const ERASED_MAX: u32 = 1_000;

const IS_SCHEDULED: Sql =
    Sql::new("select count(*) from deleted_links where deleted_at = $1 and link_id = $2");

pub(super) const SCHEDULE: Sql =
    Sql::new("insert into deleted_links (deleted_at, link_id) values ($1, $2)");

const UNSCHEDULE: Sql =
    Sql::new("delete from deleted_links where deleted_at = $1 and link_id = $2");

pub(super) const DUE: Sql = Sql::new(
    "select deleted_at, link_id from deleted_links where deleted_at < $1
     order by deleted_at, link_id limit $2",
);

/// Owner and time of deletion stay with the code.
const BURY: Sql = Sql::new(
    "update links set target = '', target_host = '', target_hash = 0, search_text = '',
         title = null, note = null, password_hash = null, fallback_url = null,
         valid_from = null, expires_at = null, max_clicks = null
     where id = $1",
);

const DELETE_VERSIONS: Sql = Sql::new("delete from link_versions where link_id = $1");
const DELETE_TOTALS: Sql = Sql::new("delete from link_totals where link_id = $1");

/// The time of the last bucket of a slice; null if none is left.
pub(super) const LAST_OF_SLICE: Sql = Sql::new(
    "select max(at) from
         (select at from click_buckets where link_id = $1 order by at limit $2) as slice",
);

pub(super) const DELETE_BUCKETS: Sql =
    Sql::new("delete from click_buckets where link_id = $1 and at <= $2");

/// Notes of reports may contain personal data.
const DELETE_REPORTS: Sql = Sql::new("delete from reports where link_id = $1");
const DELETE_LIMIT: Sql = Sql::new("delete from link_limits where link_id = $1");

/// Click rows deleted in one transaction: a link of many years has a hundred thousand, and no other
/// write should wait long for SQLite's writer.
pub(super) const BUCKETS_AT_ONCE: u32 = 1_000;

#[derive(Debug, Clone)]
pub(super) struct Deletion {
    pub(super) id: LinkId,
    pub(super) at: Timestamp,
}

impl Store {
    /// Erases links that were deleted before the given time, oldest first, at most `limit`.
    ///
    /// Returns how many. Their codes stay taken.
    pub async fn erase_deleted(
        &self,
        deleted_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.erase_due(deleted_before, limit.min(ERASED_MAX))
            .await
            .map_err(StoreError::while_doing("erasing deleted links"))
    }

    async fn erase_due(&self, deleted_before: Timestamp, limit: u32) -> Result<u64, DbError> {
        let values = [deleted_before.into(), i64::from(limit).into()];
        let mut erased = 0;
        for row in self.db.rows(DUE, &values).await? {
            let deletion = Deletion { at: rows::some_time(&row, 0)?, id: rows::id(&row, 1)? };
            self.erase_buckets(&deletion).await?;
            erased += self.db.transaction("erase_link", deletion, erase).await?;
        }
        Ok(erased)
    }

    async fn erase_buckets(&self, deletion: &Deletion) -> Result<(), DbError> {
        while 0 < self.db.transaction("erase_buckets", deletion.clone(), erase_slice).await? {}
        Ok(())
    }
}

pub(super) async fn schedule(
    tx: &mut Tx<'_>,
    id: LinkId,
    deleted_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(SCHEDULE, &[deleted_at.into(), id.into()]).await.map(drop)
}

/// Whether the link was still scheduled: a link is restored or erased only once.
pub(super) async fn unschedule(
    tx: &mut Tx<'_>,
    id: LinkId,
    deleted_at: Timestamp,
) -> Result<bool, DbError> {
    Ok(tx.execute(UNSCHEDULE, &[deleted_at.into(), id.into()]).await? == 1)
}

/// Stops if the link was restored since; that link keeps the remaining rows.
pub(super) fn erase_slice<'t>(
    tx: &'t mut Tx<'_>,
    deletion: &'t Deletion,
) -> Work<'t, u64, DbError> {
    Box::pin(async move {
        let id = deletion.id;
        tx.row(LOCK, &[id.into()]).await?;
        let scheduled = tx.row(IS_SCHEDULED, &[deletion.at.into(), id.into()]).await?;
        if scheduled.ok_or_else(DbError::row_missing)?.int(0)? == 0 {
            return Ok(0);
        }
        let slice = [id.into(), i64::from(BUCKETS_AT_ONCE).into()];
        let last = tx.row(LAST_OF_SLICE, &slice).await?;
        match last.ok_or_else(DbError::row_missing)?.optional_int(0)? {
            Some(last) => tx.execute(DELETE_BUCKETS, &[id.into(), last.into()]).await,
            None => Ok(0),
        }
    })
}

/// One link per transaction: short, so that no other write waits long for SQLite's writer.
fn erase<'t>(tx: &'t mut Tx<'_>, deletion: &'t Deletion) -> Work<'t, u64, DbError> {
    Box::pin(async move {
        let id = deletion.id;
        tx.row(LOCK, &[id.into()]).await?;
        if !unschedule(tx, id, deletion.at).await? {
            return Ok(0);
        }
        tags::detach_all(tx, id).await?;
        // Rows added since the slices: clicks that had waited in a journal.
        let all = Timestamp::from_millis(i64::MAX);
        tx.execute(DELETE_BUCKETS, &[id.into(), all.into()]).await?;
        for statement in [DELETE_VERSIONS, DELETE_TOTALS, DELETE_LIMIT, DELETE_REPORTS, BURY] {
            tx.execute(statement, &[id.into()]).await?;
        }
        Ok(1)
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    IS_SCHEDULED,
    SCHEDULE,
    UNSCHEDULE,
    DUE,
    BURY,
    DELETE_VERSIONS,
    DELETE_TOTALS,
    LAST_OF_SLICE,
    DELETE_BUCKETS,
    DELETE_LIMIT,
    DELETE_REPORTS,
];
