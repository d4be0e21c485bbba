//! Changing users: names, roles, disabling, passwords.

use curt_domain::{Caller, FullName, PasswordHash, Timestamp, User, UserEdit, UserId};
use serde_json::json;

use super::note_administrator;
use crate::{
    accounts::{logins, rows::lock, standing::is_still_good},
    attribution::{Action, Attribution},
    db::{Sql, Tx, Value, Work},
    error::{DbError, DbErrorKind, StoreError},
    store::Store,
};

/// Why a user cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUserError {
    #[error("there is no such user")]
    NotFound,
    #[error("somebody has this address")]
    EmailTaken,
    #[error("nobody else could administer")]
    LastAdministrator,
    #[error("the caller was logged out meanwhile")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for ChangeUserError {
    fn from(error: DbError) -> Self {
        StoreError::new("changing a user", error).into()
    }
}

struct Editing {
    id: UserId,
    edit: UserEdit,
    attribution: Attribution,
}

struct Ending {
    id: UserId,
    attribution: Attribution,
}

/// Ids of all active administrators, locked in order.
const LOCK_ADMINISTRATORS: Sql = Sql::new(
    "select id from users where role = 'administrator' and disabled_at is null order by id",
)
.locking();

const UPDATE: Sql = Sql::new(
    "update users set email = $1, email_key = $2, full_name = $3, role = $4, token_epoch = $5,
         disabled_at = $6, updated_at = $7
     where id = $8",
);

const SET_PASSWORD: Sql = Sql::new("update users set password_hash = $1 where id = $2");

const RAISE_EPOCH: Sql = Sql::new("update users set token_epoch = token_epoch + 1 where id = $1");

/// Unless the password was changed since.
const REHASH: Sql =
    Sql::new("update users set password_hash = $1 where id = $2 and password_hash = $3");

impl Store {
    /// Changes a user; an edit that changes nothing writes nothing. Disabling a user, or changing
    /// the role or password, signs the user out everywhere.
    pub async fn edit_user(
        &self,
        caller: &Caller,
        id: UserId,
        edit: UserEdit,
        now: Timestamp,
    ) -> Result<User, ChangeUserError> {
        let editing = Editing { id, edit, attribution: self.attribute(caller, now) };
        self.db.transaction("edit_user", editing, apply).await
    }

    /// Sets a password and signs the user out everywhere. The caller needs new tokens, of the epoch
    /// that the returned user has.
    pub async fn set_password(
        &self,
        caller: &Caller,
        id: UserId,
        hash: PasswordHash,
        now: Timestamp,
    ) -> Result<User, ChangeUserError> {
        let edit = UserEdit { password: Some(hash), ..UserEdit::default() };
        self.edit_user(caller, id, edit, now).await
    }

    /// Replaces the hash by a better one of the same password, unless the password was changed.
    pub async fn rehash_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let values = [new.as_str().into(), id.into(), old.as_str().into()];
        let updated = self.db.execute(REHASH, &values).await;
        updated.map(drop).map_err(StoreError::while_doing("renewing the hash of a password"))
    }

    /// Signs a user out everywhere. API keys stay.
    pub async fn end_sessions(
        &self,
        caller: &Caller,
        id: UserId,
        now: Timestamp,
    ) -> Result<User, ChangeUserError> {
        let ending = Ending { id, attribution: self.attribute(caller, now) };
        self.db.transaction("end_sessions", ending, end_sessions).await
    }
}

fn apply<'t>(tx: &'t mut Tx<'_>, input: &'t Editing) -> Work<'t, User, ChangeUserError> {
    Box::pin(async move {
        let Editing { id, edit, attribution } = input;
        let administrators = match (edit.role, edit.switch) {
            (None, None) => Vec::new(),
            _ => lock_administrators(tx).await?,
        };
        let old = lock_for(tx, attribution, *id).await?;
        let new = old.edited(edit, attribution.at);
        if new == old && new.email.as_str() == old.email.as_str() {
            return Ok(old);
        }
        if old.is_active_administrator() && !new.is_active_administrator() {
            let others = administrators.iter().any(|other| *other != id.get());
            if !others {
                return Err(ChangeUserError::LastAdministrator);
            }
        }
        if new.is_active_administrator() && !old.is_active_administrator() {
            note_administrator(tx, *id, attribution.at).await?;
        }
        let values = [
            new.email.as_str().into(),
            new.email.key().into(),
            new.full_name.as_ref().map(FullName::as_str).into(),
            new.role.as_str().into(),
            Value::number(new.token_epoch),
            new.disabled_at.into(),
            new.updated_at.into(),
            new.id.into(),
        ];
        tx.execute(UPDATE, &values).await.map_err(|error| match error.kind() {
            DbErrorKind::UniqueViolation => ChangeUserError::EmailTaken,
            _ => error.into(),
        })?;
        if let Some(hash) = &edit.password {
            tx.execute(SET_PASSWORD, &[hash.as_str().into(), (*id).into()]).await?;
        }
        if old.token_epoch != new.token_epoch {
            logins::end_all(tx, *id).await?;
        }
        write_down(tx, attribution, &old, &new).await?;
        if edit.password.is_some() {
            attribution.write(tx, Action::UserPassword, Some(id.get()), &json!({})).await?;
        }
        Ok(new)
    })
}

/// Locks the user to be changed, if the caller still may.
async fn lock_for(
    tx: &mut Tx<'_>,
    attribution: &Attribution,
    id: UserId,
) -> Result<User, ChangeUserError> {
    let user = lock(tx, id).await?.ok_or(ChangeUserError::NotFound)?;
    if is_still_good(tx, attribution).await? { Ok(user) } else { Err(ChangeUserError::LoggedOut) }
}

/// Writes an audit row for each thing that an edit did. Names and addresses are personal, so the
/// row only tells that they changed.
async fn write_down(
    tx: &mut Tx<'_>,
    attribution: &Attribution,
    old: &User,
    new: &User,
) -> Result<(), DbError> {
    let id = Some(new.id.get());
    let mut fields = Vec::new();
    if old.email.as_str() != new.email.as_str() {
        fields.push("email");
    }
    if old.full_name != new.full_name {
        fields.push("full_name");
    }
    if !fields.is_empty() {
        attribution.write(tx, Action::UserEdit, id, &json!({ "fields": fields })).await?;
    }
    if old.role != new.role {
        let details = json!({ "from": old.role.as_str(), "to": new.role.as_str() });
        attribution.write(tx, Action::UserRole, id, &details).await?;
    }
    let switched = match (old.disabled_at, new.disabled_at) {
        (None, Some(_)) => Action::UserDisable,
        (Some(_), None) => Action::UserEnable,
        _ => return Ok(()),
    };
    attribution.write(tx, switched, id, &json!({})).await
}

/// The ids of all active administrators, locked until the transaction ends.
pub(super) async fn lock_administrators(tx: &mut Tx<'_>) -> Result<Vec<u64>, DbError> {
    let rows = tx.rows(LOCK_ADMINISTRATORS, &[]).await?;
    rows.iter().map(|row| row.number(0)).collect()
}

fn end_sessions<'t>(tx: &'t mut Tx<'_>, ending: &'t Ending) -> Work<'t, User, ChangeUserError> {
    Box::pin(async move {
        let Ending { id, attribution } = ending;
        let user = lock_for(tx, attribution, *id).await?;
        tx.execute(RAISE_EPOCH, &[(*id).into()]).await?;
        logins::end_all(tx, *id).await?;
        attribution.write(tx, Action::UserEndSessions, Some(id.get()), &json!({})).await?;
        Ok(User { token_epoch: user.token_epoch + 1, ..user })
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] =
    &[LOCK_ADMINISTRATORS, UPDATE, SET_PASSWORD, RAISE_EPOCH, REHASH];
