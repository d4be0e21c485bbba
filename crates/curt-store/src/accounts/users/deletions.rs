//! Deleting users: all personal data goes at once, their links change owners afterwards.

use curt_domain::{Caller, Timestamp, UserId};
use serde_json::json;

use super::changes::lock_administrators;
use crate::{
    accounts::{logins, rows::lock, standing::is_still_good},
    attribution::{Action, Attribution},
    db::{Sql, Tx, Work},
    error::{DbError, StoreError},
    owners,
    store::Store,
};

/// What becomes of a deleted user's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinksOf {
    /// They go on working, without an owner.
    Keep,
    TransferTo(UserId),
}

/// Why a user cannot be deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteUserError {
    #[error("there is no such user")]
    NotFound,
    #[error("there is nobody who could be given the links")]
    NoSuchHeir,
    #[error("nobody else could administer")]
    LastAdministrator,
    #[error("the caller was logged out meanwhile")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for DeleteUserError {
    fn from(error: DbError) -> Self {
        StoreError::new("deleting a user", error).into()
    }
}

struct Deletion {
    id: UserId,
    links: LinksOf,
    attribution: Attribution,
}

const DELETE_KEYS: Sql = Sql::new("delete from api_keys where user_id = $1");
const DELETE: Sql = Sql::new("delete from users where id = $1");

impl Store {
    /// Deletes a user and all personal data of theirs. [`Store::move_links`] then moves their
    /// links; if the caller does not run it, housekeeping does.
    pub async fn delete_user(
        &self,
        caller: &Caller,
        id: UserId,
        links: LinksOf,
        now: Timestamp,
    ) -> Result<(), DeleteUserError> {
        let deletion = Deletion { id, links, attribution: self.attribute(caller, now) };
        self.db.transaction("delete_user", deletion, delete).await
    }
}

fn delete<'t>(tx: &'t mut Tx<'_>, deletion: &'t Deletion) -> Work<'t, (), DeleteUserError> {
    Box::pin(async move {
        let Deletion { id, links, attribution } = deletion;
        let administrators = lock_administrators(tx).await?;
        let heir = match links {
            LinksOf::Keep => None,
            LinksOf::TransferTo(heir) => Some(*heir),
        };
        // In the order of their ids, like every transaction that locks two users.
        let mut users = [Some(*id), heir];
        users.sort_unstable();
        let mut found = Vec::new();
        for user in users.into_iter().flatten() {
            found.extend(lock(tx, user).await?);
        }
        let user = found.iter().find(|user| user.id == *id).ok_or(DeleteUserError::NotFound)?;
        if heir.is_some_and(|heir| heir == *id || !found.iter().any(|user| user.id == heir)) {
            return Err(DeleteUserError::NoSuchHeir);
        }
        if !is_still_good(tx, attribution).await? {
            return Err(DeleteUserError::LoggedOut);
        }
        let others = administrators.iter().any(|other| *other != id.get());
        if user.is_active_administrator() && !others {
            return Err(DeleteUserError::LastAdministrator);
        }
        logins::end_all(tx, *id).await?;
        tx.execute(DELETE_KEYS, &[(*id).into()]).await?;
        tx.execute(DELETE, &[(*id).into()]).await?;
        owners::inherit(tx, *id, heir, attribution.at).await?;
        let details = json!({ "links_to": heir.map(UserId::get) });
        attribution.write(tx, Action::UserDelete, Some(id.get()), &details).await?;
        Ok(())
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[DELETE_KEYS, DELETE];
