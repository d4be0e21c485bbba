//! Refresh tokens: each is used once, and gives way to the next of its family.
//!
//! Who uses one again has a copy, unless it is a second tab of the same browser: for a few seconds
//! it gets the same successor, so that a family is one line and a copy shows itself sooner or
//! later. After that the whole family ends, whoever has its latest (RFC 9700 §4.14.2).

use std::time::Duration;

use curt_domain::{Caller, Timestamp, TokenHash, User, UserId};
use serde_json::json;

use super::{CreateLoginError, Creation, NewLogin};
use crate::{
    accounts::rows::{self, user_columns},
    attribution::{Action, Attribution},
    db::{Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// How long after its use a token gives a second tab what it gave the first.
pub const REUSE_GRACE: Duration = Duration::from_secs(10);

/// Used tokens that a family keeps, to know them again until they expire: a hundred a day, which is
/// one every quarter of an hour, for a hundred days; about a megabyte. None makes room for another,
/// or a thief would make the stolen one unknown by refreshing often. A family that has so many
/// ends.
const USED_TOKENS_MAX: u32 = 10_000;

/// How long a family lives, however often it is used; then a password is asked for again.
pub const REFRESH_FAMILY_AGE_MAX: Duration = Duration::from_hours(365 * 24);

/// What became of a refresh token that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// Its successor is good from now on.
    Rotated { user: User, family: TokenHash },
    /// Unknown, expired, of a user who is disabled or a family that has used too many, or its
    /// successor has been used already: whoever comes so late would get what is void, and end the
    /// family by using it.
    Refused,
    /// It was used before: somebody has a copy, and all of its family are void.
    Reused(UserId),
}

struct Rotating {
    old: TokenHash,
    new: TokenHash,
    expires_at: Timestamp,
    /// [`USED_TOKENS_MAX`], less in tests.
    used_max: u32,
    attribution: Attribution,
}

/// A row, as far as it decides.
struct TokenRow {
    family: TokenHash,
    expires_at: Timestamp,
    family_ends_at: Timestamp,
    used_at: Option<Timestamp>,
}

const INSERT: Sql = Sql::new(
    "insert into refresh_tokens (token_hash, user_id, family, created_at, expires_at,
         family_ends_at)
     values ($1, $2, $3, $4, $5, $6)",
);

const WHOSE: Sql = Sql::new("select user_id from refresh_tokens where token_hash = $1");

const LOCK: Sql = Sql::new(
    "select family, expires_at, family_ends_at, used_at
     from refresh_tokens where token_hash = $1",
)
.locking();

const USE: Sql = Sql::new("update refresh_tokens set used_at = $1 where token_hash = $2");

/// A family is there as long as any of its tokens is.
const USER: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    " from users where id = $1 and token_epoch = $2 and disabled_at is null
         and exists (select 1 from refresh_tokens where user_id = $3 and family = $4)"
));

/// Finds a row if a family has more tokens than that. One of them is unused; to ask which would
/// read the table, where the index alone knows how many.
const HAS_MORE: Sql = Sql::new(
    "select user_id from refresh_tokens where user_id = $1 and family = $2 limit 1 offset $3",
);

const END_FAMILY: Sql = Sql::new("delete from refresh_tokens where user_id = $1 and family = $2");

impl Store {
    /// Begins a family: somebody has signed in.
    pub async fn create_refresh_token(
        &self,
        new: NewLogin,
        now: Timestamp,
    ) -> Result<(), CreateLoginError> {
        self.db.transaction("create_refresh_token", Creation { new, now }, create).await
    }

    /// Takes a refresh token and makes the new one its successor, or neither: one transaction. For
    /// the same token it must always be the same.
    pub async fn rotate_refresh_token(
        &self,
        old: TokenHash,
        new: TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let attribution = self.attribute(&Caller::SYSTEM, now);
        let rotating = Rotating { old, new, expires_at, used_max: USED_TOKENS_MAX, attribution };
        let rotated = self.db.transaction("rotate_refresh_token", rotating, rotate).await;
        rotated.map_err(StoreError::while_doing("rotating a refresh token"))
    }

    /// Who holds an access token of that epoch and family; nobody once either has ended, or the
    /// user is disabled.
    pub async fn token_user(
        &self,
        user: UserId,
        epoch: u64,
        family: &TokenHash,
    ) -> Result<Option<User>, StoreError> {
        let read = async {
            let values = [user.into(), Value::number(epoch), user.into(), family.into()];
            let row = self.db.row(USER, &values).await?;
            row.as_ref().map(rows::user).transpose()
        };
        read.await.map_err(StoreError::while_doing("reading whose an access token is"))
    }

    /// Signs out: the token's whole family ends. One that is unknown has ended already.
    pub async fn end_refresh_family(&self, token: TokenHash) -> Result<(), StoreError> {
        let ended = self.db.transaction("end_refresh_family", token, end_family).await;
        ended.map_err(StoreError::while_doing("ending a family of refresh tokens"))
    }
}

fn create<'t>(tx: &'t mut Tx<'_>, creation: &'t Creation) -> Work<'t, (), CreateLoginError> {
    Box::pin(async move {
        creation.lock_user(tx).await?;
        let Creation { new, now } = creation;
        let ends_at = now.plus(REFRESH_FAMILY_AGE_MAX);
        // The first gives the family its name.
        insert(tx, new.user, &new.token, &new.token, new.expires_at, ends_at, *now).await?;
        Ok(())
    })
}

fn rotate<'t>(tx: &'t mut Tx<'_>, rotating: &'t Rotating) -> Work<'t, Rotation, DbError> {
    Box::pin(async move {
        let now = rotating.attribution.at;
        let Some((user, token)) = lock(tx, &rotating.old).await? else {
            return Ok(Rotation::Refused);
        };
        let has_expired = token.expires_at <= now || token.family_ends_at <= now;
        if user.disabled_at.is_some() || has_expired {
            return Ok(Rotation::Refused);
        }
        let family = token.family;
        match token.used_at {
            None if has_used_too_many(tx, user.id, &family, rotating.used_max).await? => {
                tx.execute(END_FAMILY, &[user.id.into(), (&family).into()]).await?;
                Ok(Rotation::Refused)
            }
            None => {
                tx.execute(USE, &[now.into(), (&rotating.old).into()]).await?;
                let ends_at = token.family_ends_at;
                let expires_at = rotating.expires_at.min(ends_at);
                insert(tx, user.id, &rotating.new, &family, expires_at, ends_at, now).await?;
                Ok(Rotation::Rotated { user, family })
            }
            Some(at) if now.since(at) <= REUSE_GRACE => {
                let successor = find(tx, &rotating.new).await?;
                let is_unused = successor.is_some_and(|token| token.used_at.is_none());
                Ok(if is_unused { Rotation::Rotated { user, family } } else { Rotation::Refused })
            }
            Some(_) => {
                tx.execute(END_FAMILY, &[user.id.into(), (&family).into()]).await?;
                let id = Some(user.id.get());
                let attribution = &rotating.attribution;
                attribution.write(tx, Action::UserTokenReused, id, &json!({})).await?;
                Ok(Rotation::Reused(user.id))
            }
        }
    })
}

/// Or who refreshes all the time would have rows without an end.
async fn has_used_too_many(
    tx: &mut Tx<'_>,
    user: UserId,
    family: &TokenHash,
    used_max: u32,
) -> Result<bool, DbError> {
    let values = [user.into(), family.into(), i64::from(used_max).into()];
    Ok(tx.row(HAS_MORE, &values).await?.is_some())
}

fn end_family<'t>(tx: &'t mut Tx<'_>, token: &'t TokenHash) -> Work<'t, (), DbError> {
    Box::pin(async move {
        if let Some((user, token)) = lock(tx, token).await? {
            tx.execute(END_FAMILY, &[user.id.into(), (&token.family).into()]).await?;
        }
        Ok(())
    })
}

/// Locks the user, then the token, and reads both. A user's tokens go with the user.
async fn lock(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<(User, TokenRow)>, DbError> {
    let Some(row) = tx.row(WHOSE, &[token.into()]).await? else { return Ok(None) };
    let id = UserId::new(row.number(0)?);
    let id = id.ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?;
    let Some(user) = rows::lock(tx, id).await? else { return Ok(None) };
    // It may have gone while the user was waited for.
    Ok(find(tx, token).await?.map(|token| (user, token)))
}

async fn find(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<TokenRow>, DbError> {
    tx.row(LOCK, &[token.into()]).await?.as_ref().map(token_row).transpose()
}

fn token_row(row: &Row) -> Result<TokenRow, DbError> {
    let family = row.blob(0)?.try_into().map_err(DbError::unreadable)?;
    Ok(TokenRow {
        family: TokenHash::from_bytes(family),
        expires_at: Timestamp::from_millis(row.int(1)?),
        family_ends_at: Timestamp::from_millis(row.int(2)?),
        used_at: row.optional_int(3)?.map(Timestamp::from_millis),
    })
}

async fn insert(
    tx: &mut Tx<'_>,
    user: UserId,
    token: &TokenHash,
    family: &TokenHash,
    expires_at: Timestamp,
    family_ends_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    let values = [
        token.into(),
        user.into(),
        family.into(),
        now.into(),
        expires_at.into(),
        family_ends_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT, WHOSE, LOCK, USE, USER, HAS_MORE, END_FAMILY];

#[cfg(test)]
mod tests;
