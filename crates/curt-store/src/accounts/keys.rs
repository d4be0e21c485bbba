//! API keys: what programs use to act for a user.

use std::time::Duration;

use curt_domain::{Caller, KeyId, KeyName, Scopes, Timestamp, TokenHash, User, UserId};
use serde_json::json;

use super::{
    rows::{self, USER_COLUMNS_LEN, user_columns},
    standing::is_still_good,
};
use crate::{
    attribution::{Action, Attribution},
    db::{Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    ids::Sequence,
    store::Store,
};

/// Most keys of a user, including expired ones; so few that a list needs no pages.
pub const KEYS_PER_USER_MAX: u32 = 100;

/// How precisely the last use of a key is known: not every request writes a row.
const LAST_USE_PRECISION: Duration = Duration::from_mins(1);

/// A key to create. Only its hash is kept, and a hint to tell it from other keys.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub user: UserId,
    pub name: KeyName,
    pub token: TokenHash,
    pub hint: String,
    pub scopes: Scopes,
    pub expires_at: Option<Timestamp>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub id: KeyId,
    pub user: UserId,
    pub name: KeyName,
    /// How the key begins.
    pub hint: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

/// Why a key cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    #[error("there is no such user, or they are disabled")]
    NoSuchUser,
    #[error("the user has {KEYS_PER_USER_MAX} keys already")]
    TooMany,
    #[error("the caller was logged out meanwhile")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateKeyError {
    fn from(error: DbError) -> Self {
        StoreError::new("creating an API key", error).into()
    }
}

struct Creation {
    id: KeyId,
    new: NewKey,
    attribution: Attribution,
}

struct Deletion {
    id: KeyId,
    attribution: Attribution,
}

/// The columns that [`key`] reads.
macro_rules! key_columns {
    () => {
        "api_keys.id, api_keys.user_id, name, hint, scopes, api_keys.created_at, expires_at, \
         last_used_at"
    };
}

const INSERT: Sql = Sql::new(
    "insert into api_keys (id, user_id, name, hint, token_hash, scopes, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)",
);

const COUNT: Sql = Sql::new("select count(*) from api_keys where user_id = $1");

const LIST: Sql = Sql::new(concat!(
    "select ",
    key_columns!(),
    " from api_keys where user_id = $1 order by id limit $2"
));

const WITH_USER: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    ", ",
    key_columns!(),
    " from api_keys join users on users.id = api_keys.user_id
     where token_hash = $1 and (expires_at is null or $2 < expires_at) and disabled_at is null"
));

const OWNER: Sql = Sql::new("select user_id from api_keys where id = $1").locking();
const DELETE: Sql = Sql::new("delete from api_keys where id = $1");
const NOTE_USE: Sql = Sql::new("update api_keys set last_used_at = $1 where id = $2");

impl Store {
    pub async fn create_key(
        &self,
        caller: &Caller,
        new: NewKey,
        now: Timestamp,
    ) -> Result<KeyRecord, CreateKeyError> {
        let id = KeyId::new(self.next_id(Sequence::Keys).await?);
        let id = id.ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?;
        let creation = Creation { id, new, attribution: self.attribute(caller, now) };
        self.db.transaction("create_key", creation, create).await
    }

    /// A user's keys, oldest first.
    pub async fn keys(&self, user: UserId) -> Result<Vec<KeyRecord>, StoreError> {
        let read = async {
            let values = [user.into(), i64::from(KEYS_PER_USER_MAX).into()];
            let rows = self.db.rows(LIST, &values).await?;
            rows.iter().map(|row| key(row, 0)).collect::<Result<_, _>>()
        };
        read.await.map_err(StoreError::while_doing("listing API keys"))
    }

    /// The key with this hash, and its user: one read, so that any right taken from either counts
    /// at once. `None` if the key has expired or its user is disabled.
    pub async fn key_with_user(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(KeyRecord, User)>, StoreError> {
        let read = async {
            let Some(row) = self.db.row(WITH_USER, &[token.into(), now.into()]).await? else {
                return Ok(None);
            };
            Ok(Some((key(&row, USER_COLUMNS_LEN)?, rows::user(&row)?)))
        };
        read.await.map_err(StoreError::while_doing("reading an API key"))
    }

    /// Records that a key is used, at most once a minute.
    pub async fn note_key_use(&self, key: &KeyRecord, now: Timestamp) -> Result<(), StoreError> {
        if key.last_used_at.is_some_and(|at| now.since(at) < LAST_USE_PRECISION) {
            return Ok(());
        }
        let noted = self.db.execute(NOTE_USE, &[now.into(), Value::number(key.id.get())]).await;
        noted.map(drop).map_err(StoreError::while_doing("noting the use of an API key"))
    }

    /// Deletes a key, at once and for good. False if there is no key with that id that the caller
    /// may see.
    pub async fn delete_key(
        &self,
        caller: &Caller,
        id: KeyId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let deletion = Deletion { id, attribution: self.attribute(caller, now) };
        let deleted = self.db.transaction("delete_key", deletion, delete).await;
        deleted.map_err(StoreError::while_doing("deleting an API key"))
    }
}

/// The user's row is locked, so no other transaction changes the count.
fn create<'t>(tx: &'t mut Tx<'_>, creation: &'t Creation) -> Work<'t, KeyRecord, CreateKeyError> {
    Box::pin(async move {
        let Creation { id, new, attribution } = creation;
        let user = rows::lock(tx, new.user).await?;
        if user.is_none_or(|user| user.disabled_at.is_some()) {
            return Err(CreateKeyError::NoSuchUser);
        }
        if !is_still_good(tx, attribution).await? {
            return Err(CreateKeyError::LoggedOut);
        }
        let count = tx.row(COUNT, &[new.user.into()]).await?.ok_or_else(DbError::row_missing)?;
        if u64::from(KEYS_PER_USER_MAX) <= count.number(0)? {
            return Err(CreateKeyError::TooMany);
        }
        let values = [
            Value::number(id.get()),
            new.user.into(),
            new.name.as_str().into(),
            new.hint.as_str().into(),
            (&new.token).into(),
            new.scopes.to_string().into(),
            attribution.at.into(),
            new.expires_at.into(),
        ];
        tx.execute(INSERT, &values).await?;
        let details = json!({ "user": new.user.get(), "scopes": new.scopes.to_string() });
        attribution.write(tx, Action::KeyCreate, Some(id.get()), &details).await?;
        Ok(KeyRecord {
            id: *id,
            user: new.user,
            name: new.name.clone(),
            hint: new.hint.clone(),
            scopes: new.scopes,
            created_at: attribution.at,
            expires_at: new.expires_at,
            last_used_at: None,
        })
    })
}

fn delete<'t>(tx: &'t mut Tx<'_>, deletion: &'t Deletion) -> Work<'t, bool, DbError> {
    Box::pin(async move {
        let Deletion { id, attribution } = deletion;
        let values = [Value::number(id.get())];
        let Some(row) = tx.row(OWNER, &values).await? else { return Ok(false) };
        let owner = row.number(0)?;
        if !attribution.caller.access.includes(UserId::new(owner)) {
            return Ok(false);
        }
        tx.execute(DELETE, &values).await?;
        let details = json!({ "user": owner });
        attribution.write(tx, Action::KeyDelete, Some(id.get()), &details).await?;
        Ok(true)
    })
}

/// Reads `key_columns!`, starting at that column.
fn key(row: &Row, start: usize) -> Result<KeyRecord, DbError> {
    let too_large = || DbError::unreadable("an id from 2^53 on");
    let time = |column| Ok(row.optional_int(start + column)?.map(Timestamp::from_millis));
    Ok(KeyRecord {
        id: KeyId::new(row.number(start)?).ok_or_else(too_large)?,
        user: UserId::new(row.number(start + 1)?).ok_or_else(too_large)?,
        name: KeyName::parse(row.text(start + 2)?).map_err(DbError::unreadable)?,
        hint: row.text(start + 3)?.to_owned(),
        scopes: row.text(start + 4)?.parse().map_err(DbError::unreadable)?,
        created_at: Timestamp::from_millis(row.int(start + 5)?),
        expires_at: time(6)?,
        last_used_at: time(7)?,
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT, COUNT, LIST, WITH_USER, OWNER, DELETE, NOTE_USE];
