//! Logins: refresh tokens of programs and sessions of browsers. Only their hashes are kept.
//!
//! Both are created and ended under the lock of the user's row, so that no older login outlives a
//! new password. A new login is checked against the epoch that was current when the password was.
//! **Invariant:** every change that raises a user's epoch ends all their logins, so an existing
//! login belongs to the current epoch.

use curt_domain::{Timestamp, TokenHash, UserId};

use super::rows;
use crate::{
    db::{Sql, Tx},
    error::{DbError, StoreError},
    store::Store,
};

mod refresh_tokens;
mod sessions;

pub use refresh_tokens::{REFRESH_FAMILY_AGE_MAX, REUSE_GRACE, Rotation};

/// A token or session to create, for a user who has just authenticated.
#[derive(Debug, Clone)]
pub struct NewLogin {
    pub user: UserId,
    /// The epoch of the user whose password was right.
    pub token_epoch: u64,
    pub token: TokenHash,
    pub expires_at: Timestamp,
}

/// Why a user cannot be signed in after all.
#[derive(Debug, thiserror::Error)]
pub enum CreateLoginError {
    #[error("the user was changed, disabled or deleted meanwhile")]
    UserChanged,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateLoginError {
    fn from(error: DbError) -> Self {
        StoreError::new("signing a user in", error).into()
    }
}

/// A login with the time that its transaction uses.
struct Creation {
    new: NewLogin,
    now: Timestamp,
}

impl Creation {
    /// Locks the user, if they are active and their epoch is unchanged.
    async fn lock_user(&self, tx: &mut Tx<'_>) -> Result<(), CreateLoginError> {
        let user = rows::lock(tx, self.new.user).await?;
        let same = |user: &curt_domain::User| {
            user.disabled_at.is_none() && user.token_epoch == self.new.token_epoch
        };
        if user.is_some_and(|user| same(&user)) {
            Ok(())
        } else {
            Err(CreateLoginError::UserChanged)
        }
    }
}

const DELETE_REFRESH_TOKENS: Sql = Sql::new("delete from refresh_tokens where user_id = $1");
const DELETE_SESSIONS: Sql = Sql::new("delete from sessions where user_id = $1");

const LAST_OF_TOKENS: Sql = Sql::new(
    "select max(expires_at) from
         (select expires_at from refresh_tokens where expires_at <= $1
          order by expires_at limit $2) as slice",
);
const PRUNE_TOKENS: Sql = Sql::new("delete from refresh_tokens where expires_at <= $1");

const LAST_OF_SESSIONS: Sql = Sql::new(
    "select max(expires_at) from
         (select expires_at from sessions where expires_at <= $1
          order by expires_at limit $2) as slice",
);
const PRUNE_SESSIONS: Sql = Sql::new("delete from sessions where expires_at <= $1");

impl Store {
    /// Deletes refresh tokens and sessions that expired at `until` or earlier; returns how many.
    pub async fn prune_logins(&self, until: Timestamp) -> Result<u64, StoreError> {
        let prune = async {
            let tokens = self.db.prune(LAST_OF_TOKENS, PRUNE_TOKENS, until).await?;
            let sessions = self.db.prune(LAST_OF_SESSIONS, PRUNE_SESSIONS, until).await?;
            Ok(tokens + sessions)
        };
        prune.await.map_err(StoreError::while_doing("forgetting expired logins"))
    }
}

/// Ends all logins of a user. The caller holds the lock of the user's row.
pub(in crate::accounts) async fn end_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), DbError> {
    tx.execute(DELETE_REFRESH_TOKENS, &[user.into()]).await?;
    tx.execute(DELETE_SESSIONS, &[user.into()]).await.map(drop)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) fn statements() -> Vec<Sql> {
    let own = [
        DELETE_REFRESH_TOKENS,
        DELETE_SESSIONS,
        LAST_OF_TOKENS,
        PRUNE_TOKENS,
        LAST_OF_SESSIONS,
        PRUNE_SESSIONS,
    ];
    [own.as_slice(), refresh_tokens::STATEMENTS, sessions::STATEMENTS].concat()
}
