//! Invitations: tokens that let their holder create an account, once.

use curt_domain::{Caller, Role, Timestamp, TokenHash};
use serde_json::json;

use super::{rows, standing::is_still_good};
use crate::{
    attribution::{Action, Attribution},
    db::{Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    ids::Sequence,
    store::Store,
};

/// Most invitations that are listed, and most that can be valid at a time.
pub const INVITES_MAX: u32 = 1_000;

#[derive(Debug, Clone)]
pub struct NewInvite {
    pub token: TokenHash,
    pub role: Role,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub id: u64,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Why an invitation cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateInviteError {
    #[error("there are {INVITES_MAX} invitations already")]
    TooMany,
    #[error("the caller was logged out meanwhile")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateInviteError {
    fn from(error: DbError) -> Self {
        StoreError::new("creating an invitation", error).into()
    }
}

struct Creation {
    id: u64,
    new: NewInvite,
    attribution: Attribution,
}

struct Deletion {
    id: u64,
    attribution: Attribution,
}

const INSERT: Sql = Sql::new(
    "insert into invites (id, token_hash, role, created_at, expires_at)
     values ($1, $2, $3, $4, $5)",
);

const COUNT: Sql = Sql::new("select count(*) from invites");

const LIST: Sql = Sql::new(
    "select id, role, created_at, expires_at, used_at from invites order by id desc limit $1",
);

const FIND: Sql = Sql::new(
    "select id, role from invites where token_hash = $1 and used_at is null and $2 < expires_at",
)
.locking();

const USE: Sql = Sql::new("update invites set used_at = $1 where id = $2");
const DELETE: Sql = Sql::new("delete from invites where id = $1");
const PRUNE: Sql = Sql::new("delete from invites where expires_at <= $1");

impl Store {
    pub async fn create_invite(
        &self,
        caller: &Caller,
        new: NewInvite,
        now: Timestamp,
    ) -> Result<Invite, CreateInviteError> {
        let id = self.next_id(Sequence::Invites).await?;
        let creation = Creation { id, new, attribution: self.attribute(caller, now) };
        self.db.transaction("create_invite", creation, create).await
    }

    /// All invitations that have not expired, newest first, used ones too.
    pub async fn invites(&self) -> Result<Vec<Invite>, StoreError> {
        let read = async {
            let rows = self.db.rows(LIST, &[i64::from(INVITES_MAX).into()]).await?;
            rows.iter().map(invite).collect::<Result<_, _>>()
        };
        read.await.map_err(StoreError::while_doing("listing invitations"))
    }

    /// Deletes an invitation; false if there is none with that id.
    pub async fn delete_invite(
        &self,
        caller: &Caller,
        id: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let deletion = Deletion { id, attribution: self.attribute(caller, now) };
        let deleted = self.db.transaction("delete_invite", deletion, delete).await;
        deleted.map_err(StoreError::while_doing("taking an invitation back"))
    }

    /// Deletes invitations that expired at `until` or earlier.
    pub async fn prune_invites(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.execute(PRUNE, &[until.into()]).await;
        pruned.map_err(StoreError::while_doing("forgetting expired invitations"))
    }
}

/// Concurrent creates may exceed the limit by a few: it guards against runaways.
fn create<'t>(tx: &'t mut Tx<'_>, creation: &'t Creation) -> Work<'t, Invite, CreateInviteError> {
    Box::pin(async move {
        let Creation { id, new, attribution } = creation;
        let count = tx.row(COUNT, &[]).await?.ok_or_else(DbError::row_missing)?.number(0)?;
        if u64::from(INVITES_MAX) <= count {
            return Err(CreateInviteError::TooMany);
        }
        if !is_still_good(tx, attribution).await? {
            return Err(CreateInviteError::LoggedOut);
        }
        let values = [
            Value::number(*id),
            (&new.token).into(),
            new.role.as_str().into(),
            attribution.at.into(),
            new.expires_at.into(),
        ];
        tx.execute(INSERT, &values).await?;
        let details = json!({ "role": new.role.as_str() });
        attribution.write(tx, Action::InviteCreate, Some(*id), &details).await?;
        Ok(Invite {
            id: *id,
            role: new.role,
            created_at: attribution.at,
            expires_at: new.expires_at,
            used_at: None,
        })
    })
}

fn delete<'t>(tx: &'t mut Tx<'_>, deletion: &'t Deletion) -> Work<'t, bool, DbError> {
    Box::pin(async move {
        let Deletion { id, attribution } = deletion;
        if tx.execute(DELETE, &[Value::number(*id)]).await? == 0 {
            return Ok(false);
        }
        attribution.write(tx, Action::InviteDelete, Some(*id), &json!({})).await?;
        Ok(true)
    })
}

/// Uses up a valid invitation and returns its role.
pub(in crate::accounts) async fn use_up(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<Role>, DbError> {
    let Some(row) = tx.row(FIND, &[token.into(), now.into()]).await? else { return Ok(None) };
    tx.execute(USE, &[now.into(), Value::number(row.number(0)?)]).await?;
    rows::role(&row, 1).map(Some)
}

fn invite(row: &Row) -> Result<Invite, DbError> {
    Ok(Invite {
        id: row.number(0)?,
        role: rows::role(row, 1)?,
        created_at: Timestamp::from_millis(row.int(2)?),
        expires_at: Timestamp::from_millis(row.int(3)?),
        used_at: row.optional_int(4)?.map(Timestamp::from_millis),
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT, COUNT, LIST, FIND, USE, DELETE, PRUNE];
