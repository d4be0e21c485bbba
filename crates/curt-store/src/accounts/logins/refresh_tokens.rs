//! Refresh tokens: each is used once, and replaced by the next of its family.
//!
//! A second use means that the token was copied, unless it comes from a second tab of the same
//! browser. For a few seconds the second use gets the same successor, so that a family stays one
//! chain and a copy shows itself sooner or later. After that the second use ends the whole family,
//! even if another client holds its latest token (RFC 9700 §4.14.2).

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

/// How long after its use a token gives a second tab the same successor.
pub const REUSE_GRACE: Duration = Duration::from_secs(10);

/// Used tokens that a family keeps until they expire, to recognize them: a hundred a day, which is
/// one every quarter of an hour, for a hundred days; about a megabyte. Old ones are not dropped for
/// new ones, or a thief could make the stolen token unknown by refreshing often. A family that has
/// used so many ends.
const USED_TOKENS_MAX: u32 = 10_000;

/// How long a family lives, however often it is used; then the user must enter a password again.
pub const REFRESH_FAMILY_AGE_MAX: Duration = Duration::from_hours(365 * 24);

/// The result of presenting a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The successor is valid from now on.
    Rotated { user: User, family: TokenHash },
    /// The token is unknown or expired, the user is disabled, the family has used too many tokens,
    /// or the successor has already been used. A client this late would get a void token and end
    /// the family by using it.
    Refused,
    /// The token was used before: there is a copy, and the whole family is void.
    Reused(UserId),
}

struct Rotating {
    old: TokenHash,
    new: TokenHash,
    expires_at: Timestamp,
    /// [`USED_TOKENS_MAX`], fewer in tests.
    used_max: u32,
    attribution: Attribution,
}

/// The columns of a row that a rotation depends on.
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

/// A family exists as long as any of its tokens.
const USER: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    " from users where id = $1 and token_epoch = $2 and disabled_at is null
         and exists (select 1 from refresh_tokens where user_id = $3 and family = $4)"
));

/// Finds a row if a family has more than so many tokens. One of them is unused. Asking which one
/// would read the table; the index alone knows how many there are.
const HAS_MORE: Sql = Sql::new(
    "select user_id from refresh_tokens where user_id = $1 and family = $2 limit 1 offset $3",
);

const END_FAMILY: Sql = Sql::new("delete from refresh_tokens where user_id = $1 and family = $2");

impl Store {
    /// Begins a family: the user has signed in.
    pub async fn create_refresh_token(
        &self,
        new: NewLogin,
        now: Timestamp,
    ) -> Result<(), CreateLoginError> {
        self.db.transaction("create_refresh_token", Creation { new, now }, create).await
    }

    /// Takes a refresh token and makes the new one its successor, or does neither: one transaction.
    /// The caller must always pass the same successor for the same token.
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

    /// The holder of an access token of that epoch and family. `None` once either has ended, or if
    /// the user is disabled.
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

    /// Signs out: ends the token's whole family. An unknown token has no family left to end.
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
        // The first token gives the family its name.
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

/// Without this limit a client that refreshes all the time would add rows without end.
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

/// Locks the user, then the token, and reads both. Deleting a user deletes the tokens.
async fn lock(tx: &mut Tx<'_>, token: &TokenHash) -> Result<Option<(User, TokenRow)>, DbError> {
    let Some(row) = tx.row(WHOSE, &[token.into()]).await? else { return Ok(None) };
    let id = UserId::new(row.number(0)?);
    let id = id.ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?;
    let Some(user) = rows::lock(tx, id).await? else { return Ok(None) };
    // The token may have been deleted while this waited for the user's lock.
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
