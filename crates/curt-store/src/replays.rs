//! Replays: the answer to a request, kept by its Idempotency-Key in case it is sent again.

use curt_domain::Timestamp;

use crate::{
    db::{Sql, Tx},
    error::{DbError, DbErrorKind, StoreError},
    store::Store,
};

/// Longest caller and longest key, in characters: the width of their columns.
pub const REPLAY_KEY_LEN_MAX: usize = 255;

/// The answer to a request with an Idempotency-Key, written together with what it created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReplay {
    /// The owner of the key: two callers may choose the same key.
    pub caller: String,
    pub key: String,
    pub body_hash: [u8; 32],
    pub response: String,
    pub created_at: Timestamp,
}

/// The answer, and the hash of the body that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    pub body_hash: [u8; 32],
    pub response: String,
    pub created_at: Timestamp,
}

const INSERT: Sql = Sql::new(
    "insert into idempotency_keys (caller, idempotency_key, body_hash, response, created_at)
     values ($1, $2, $3, $4, $5)",
);

const SELECT: Sql = Sql::new(
    "select body_hash, response, created_at from idempotency_keys
     where caller = $1 and idempotency_key = $2",
);

const LAST_OF_SLICE: Sql = Sql::new(
    "select max(created_at) from
         (select created_at from idempotency_keys where created_at <= $1
          order by created_at limit $2) as slice",
);

const DELETE: Sql = Sql::new("delete from idempotency_keys where created_at <= $1");

impl Store {
    /// The answer that this caller got under this key.
    pub async fn replay(&self, caller: &str, key: &str) -> Result<Option<Replay>, StoreError> {
        let read = async {
            let row = self.db.row(SELECT, &[caller.into(), key.into()]).await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(Replay {
                body_hash: row.blob(0)?.try_into().map_err(DbError::unreadable)?,
                response: row.text(1)?.to_owned(),
                created_at: Timestamp::from_millis(row.int(2)?),
            }))
        };
        read.await.map_err(StoreError::while_doing("reading an earlier answer"))
    }

    /// Deletes answers given at `until` or earlier; returns how many.
    pub async fn prune_replays(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.prune(LAST_OF_SLICE, DELETE, until).await;
        pruned.map_err(StoreError::while_doing("forgetting earlier answers"))
    }
}

/// Why an answer cannot be written down.
pub(crate) enum InsertReplayError {
    /// There is already an answer under this key.
    Exists,
    Db(DbError),
}

/// The unique key decides which of two equal requests is answered, and which is told to wait.
pub(crate) async fn insert(tx: &mut Tx<'_>, replay: &NewReplay) -> Result<(), InsertReplayError> {
    let values = [
        replay.caller.as_str().into(),
        replay.key.as_str().into(),
        replay.body_hash.as_slice().into(),
        replay.response.as_str().into(),
        replay.created_at.into(),
    ];
    match tx.execute(INSERT, &values).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == DbErrorKind::UniqueViolation => {
            Err(InsertReplayError::Exists)
        }
        Err(error) => Err(InsertReplayError::Db(error)),
    }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[INSERT, SELECT, LAST_OF_SLICE, DELETE];
