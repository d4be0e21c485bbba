//! Links that change owners: those of a deleted user, and those without an owner when the first
//! administrator is created.
//!
//! A user may have millions, so the move is first recorded as a row and then done in slices; any
//! node can continue it. **Invariant:** a slice holds the lock of its row, so that no link gets an
//! owner who has been deleted since.

use std::time::Duration;

use curt_domain::{Timestamp, UserId};

use crate::{
    db::{Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// Links moved in one transaction: short, so that no other write waits long for SQLite's writer.
const MOVED_AT_ONCE: u32 = 1_000;

/// Pending moves that one round works on; others wait for the next round.
const MOVES_AT_ONCE: u32 = 100;

/// How long moves look for late links, created by requests that were admitted just before their
/// user was deleted.
const LATE_LINKS: Duration = Duration::from_hours(1);

/// No user has this id; it stands for links without an owner.
const NOBODY: u64 = 0;

struct Slice {
    user_id: u64,
    now: Timestamp,
}

const INSERT: Sql =
    Sql::new("insert into owner_moves (user_id, new_owner_id, created_at) values ($1, $2, $3)");

/// Links that the deleted user was to inherit go to the heir.
const PASS_ON: Sql = Sql::new("update owner_moves set new_owner_id = $1 where new_owner_id = $2");

const SELECT: Sql = Sql::new("select user_id from owner_moves order by user_id limit $1");

const LOCK: Sql =
    Sql::new("select new_owner_id, created_at from owner_moves where user_id = $1").locking();

const DELETE: Sql = Sql::new("delete from owner_moves where user_id = $1");

const MOVE: Sql = Sql::new(
    "update links set owner_id = $1
     where id in (select id from links where owner_id = $2 limit $3)",
)
.on_mysql("update links set owner_id = $1 where owner_id = $2 limit $3");

/// Only links that existed when the administrator was created.
const CLAIM: Sql = Sql::new(
    "update links set owner_id = $1
     where id in (select id from links where owner_id is null and created_at <= $2 limit $3)",
)
.on_mysql("update links set owner_id = $1 where owner_id is null and created_at <= $2 limit $3");

impl Store {
    /// Continues all moves until no link is left; returns how many links moved.
    pub async fn move_links(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.move_all(now).await.map_err(StoreError::while_doing("giving links another owner"))
    }

    async fn move_all(&self, now: Timestamp) -> Result<u64, DbError> {
        let mut moved = 0;
        for row in self.db.rows(SELECT, &[i64::from(MOVES_AT_ONCE).into()]).await? {
            let user_id = row.number(0)?;
            loop {
                let slice = Slice { user_id, now };
                match self.db.transaction("move_links", slice, move_slice).await? {
                    0 => break,
                    count => moved += count,
                }
            }
        }
        Ok(moved)
    }
}

/// Records that the first administrator gets all links without an owner.
pub(crate) async fn claim_unowned(
    tx: &mut Tx<'_>,
    administrator: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    let values = [Value::number(NOBODY), administrator.into(), now.into()];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Records that the heir gets a deleted user's links, or that they lose their owner.
pub(crate) async fn inherit(
    tx: &mut Tx<'_>,
    deleted: UserId,
    heir: Option<UserId>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(PASS_ON, &[heir.into(), deleted.into()]).await?;
    tx.execute(INSERT, &[deleted.into(), heir.into(), now.into()]).await.map(drop)
}

fn move_slice<'t>(tx: &'t mut Tx<'_>, slice: &'t Slice) -> Work<'t, u64, DbError> {
    Box::pin(async move {
        let user_id = Value::number(slice.user_id);
        let Some(row) = tx.row(LOCK, std::slice::from_ref(&user_id)).await? else { return Ok(0) };
        let (new_owner, since) = (row.optional_int(0)?, Timestamp::from_millis(row.int(1)?));
        let limit = i64::from(MOVED_AT_ONCE).into();
        let is_claim = slice.user_id == NOBODY;
        let moved = match (is_claim, new_owner) {
            // The user who was to get them was deleted without an heir: they stay without an owner.
            (true, None) => 0,
            (true, Some(_)) => tx.execute(CLAIM, &[new_owner.into(), since.into(), limit]).await?,
            (false, _) => tx.execute(MOVE, &[new_owner.into(), user_id.clone(), limit]).await?,
        };
        if moved == 0 && (is_claim || LATE_LINKS < slice.now.since(since)) {
            tx.execute(DELETE, &[user_id]).await?;
        }
        Ok(moved)
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[INSERT, PASS_ON, SELECT, LOCK, DELETE, MOVE, CLAIM];
