//! Erasing what was deleted long ago: the content goes, a tombstone keeps the code.

use curt_domain::{LinkId, Timestamp};

use super::{rows, tags};
use crate::{
    Store, StoreError,
    db::{DbError, Sql, Tx, Work},
};

/// Most links that one call erases, each in a transaction of its own.
const ERASED_MAX: u32 = 1_000;

const DUE: Sql = Sql::new(
    "select id from links where deleted_at < $1 and deleted_at is not null and target <> ''
     order by deleted_at limit $2",
);

/// Still due, now that it is locked: it may have been restored since it was found.
const LOCK_DUE: Sql =
    Sql::new("select id from links where id = $1 and deleted_at < $2 and target <> ''").locking();

/// Who it belonged to and when it was deleted stays with the code.
const BURY: Sql = Sql::new(
    "update links set target = '', target_host = '', target_hash = 0, search_text = '',
         title = null, note = null, password_hash = null, fallback_url = null,
         valid_from = null, expires_at = null, max_clicks = null
     where id = $1",
);

const DELETE_VERSIONS: Sql = Sql::new("delete from link_versions where link_id = $1");
const DELETE_TOTALS: Sql = Sql::new("delete from link_totals where link_id = $1");
const DELETE_LIMIT: Sql = Sql::new("delete from link_limits where link_id = $1");

/// A link that may be due.
struct Due {
    id: LinkId,
    deleted_before: Timestamp,
}

impl Store {
    /// Erases links that were deleted before the given time, oldest first, at most `limit`.
    ///
    /// Says how many; fewer than `limit` means that none is left. Their codes stay taken.
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
            let due = Due { id: rows::id(&row, 0)?, deleted_before };
            erased += self.db.transaction("erase_link", due, erase).await?;
        }
        Ok(erased)
    }
}

/// One link in a transaction: short, so that nobody waits long for SQLite's writer.
fn erase<'t>(tx: &'t mut Tx<'_>, due: &'t Due) -> Work<'t, u64, DbError> {
    Box::pin(async move {
        if tx.row(LOCK_DUE, &[due.id.into(), due.deleted_before.into()]).await?.is_none() {
            return Ok(0);
        }
        tags::detach_all(tx, due.id).await?;
        for statement in [DELETE_VERSIONS, DELETE_TOTALS, DELETE_LIMIT, BURY] {
            tx.execute(statement, &[due.id.into()]).await?;
        }
        Ok(1)
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] =
    &[DUE, LOCK_DUE, BURY, DELETE_VERSIONS, DELETE_TOTALS, DELETE_LIMIT];
