//! Sessions: the logins of browsers.

use curt_domain::{Timestamp, TokenHash, User};

use super::{CreateLoginError, Creation, NewLogin};
use crate::{
    accounts::rows::{self, user_columns},
    db::{Sql, Tx, Work},
    error::StoreError,
    store::Store,
};

const INSERT: Sql = Sql::new(
    "insert into sessions (token_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)",
);

const USER: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    " from sessions join users on users.id = sessions.user_id
     where token_hash = $1 and $2 < expires_at and disabled_at is null"
));

const DELETE: Sql = Sql::new("delete from sessions where token_hash = $1");

impl Store {
    pub async fn create_session(
        &self,
        new: NewLogin,
        now: Timestamp,
    ) -> Result<(), CreateLoginError> {
        self.db.transaction("create_session", Creation { new, now }, create).await
    }

    /// The user of this session; `None` if it has ended or its user is disabled.
    pub async fn session_user(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let read = async {
            let row = self.db.row(USER, &[token.into(), now.into()]).await?;
            row.as_ref().map(rows::user).transpose()
        };
        read.await.map_err(StoreError::while_doing("reading a session"))
    }

    /// Signs a browser out. An unknown session has already ended.
    pub async fn delete_session(&self, token: &TokenHash) -> Result<(), StoreError> {
        let deleted = self.db.execute(DELETE, &[token.into()]).await;
        deleted.map(drop).map_err(StoreError::while_doing("ending a session"))
    }
}

fn create<'t>(tx: &'t mut Tx<'_>, creation: &'t Creation) -> Work<'t, (), CreateLoginError> {
    Box::pin(async move {
        creation.lock_user(tx).await?;
        let Creation { new, now } = creation;
        let values = [(&new.token).into(), new.user.into(), (*now).into(), new.expires_at.into()];
        tx.execute(INSERT, &values).await?;
        Ok(())
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT, USER, DELETE];
