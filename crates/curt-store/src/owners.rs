//! Links that change hands: those of a deleted user, and those without an owner when the first
//! administrator came.
//!
//! Somebody may have millions, so that is a row first, and then slices; whoever comes by goes on
//! with them. **Invariant:** a slice holds the lock of its row, so that no link gets an owner who
//! has been deleted meanwhile.

use std::time::Duration;

use curt_domain::{Timestamp, UserId};

use crate::{
    db::{Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// Links moved in a transaction: short, so that nobody waits long for SQLite's writer.
const MOVED_AT_ONCE: u32 = 1_000;

/// Moves under way that are looked at in a round; others wait for the next.
const MOVES_AT_ONCE: u32 = 100;

/// How long it is looked for links that come late: made by requests that were let in just before
/// their user was deleted.
const LATE_LINKS: Duration = Duration::from_hours(1);

/// Stands for no user.
const NOBODY: u64 = 0;

struct Slice {
    user_id: u64,
    now: Timestamp,
}

const INSERT: Sql =
    Sql::new("insert into owner_moves (user_id, new_owner_id, created_at) values ($1, $2, $3)");

/// What the deleted user was to inherit goes on to the heir.
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

/// Only links that were there when the administrator came.
const CLAIM: Sql = Sql::new(
    "update links set owner_id = $1
     where id in (select id from links where owner_id is null and created_at <= $2 limit $3)",
)
.on_mysql("update links set owner_id = $1 where owner_id is null and created_at <= $2 limit $3");

impl Store {
    /// Goes on with links that are to change hands, until none is left; says how many did.
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

/// Has the links without an owner given to the first administrator.
pub(crate) async fn claim_unowned(
    tx: &mut Tx<'_>,
    administrator: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    let values = [Value::number(NOBODY), administrator.into(), now.into()];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Has a deleted user's links given to the heir, or to nobody.
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
            // Whoever was to have them is gone and has no heir: nobody has them now.
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
