//! What a database knows about its users: the secret that its codes were made with, and the nodes
//! that write to it.

use curt_domain::Timestamp;

use crate::{
    db::Sql,
    error::{DbError, StoreError},
    store::Store,
};

/// Why a node cannot use this database.
#[derive(Debug, thiserror::Error)]
pub enum CheckSecretError {
    #[error("the database was set up with another secret key")]
    Mismatch,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) const KEY_CHECK: Sql = Sql::new("select value from meta where name = 'key_check'");

const INSERT_KEY_CHECK: Sql = Sql::new(
    "insert into meta (name, value) values ('key_check', $1) on conflict (name) do nothing",
)
.on_mysql(
    "insert into meta (name, value) values ('key_check', $1)
     on duplicate key update value = meta.value",
);

const FORGET_KEY_CHECK: Sql = Sql::new("delete from meta where name = 'key_check'");

/// A node first started when its row was inserted.
const ANNOUNCE: Sql = Sql::new(
    "insert into nodes (node_id, started_at, seen_at, version) values ($1, $2, $3, $4)
     on conflict (node_id) do update set seen_at = excluded.seen_at, version = excluded.version",
)
.on_mysql(
    "insert into nodes (node_id, started_at, seen_at, version) values ($1, $2, $3, $4)
     on duplicate key update seen_at = values(seen_at), version = values(version)",
);

impl Store {
    /// Compares the fingerprint of this node's secret with the database's, which is that of the
    /// first node that ever checked.
    pub async fn check_secret(&self, fingerprint: &str) -> Result<(), CheckSecretError> {
        let known = self
            .key_check(fingerprint)
            .await
            .map_err(StoreError::while_doing("checking the secret key"))?;
        if known == fingerprint { Ok(()) } else { Err(CheckSecretError::Mismatch) }
    }

    /// Whether any node has ever checked its secret against this database.
    pub async fn has_secret(&self) -> Result<bool, StoreError> {
        let row = self.db.row(KEY_CHECK, &[]).await;
        let row = row.map_err(StoreError::while_doing("looking for the secret's fingerprint"))?;
        Ok(row.is_some())
    }

    /// Lets the next node bring another secret, because the old one is lost. Existing codes stay;
    /// everything else derived from the old secret is void.
    pub async fn forget_secret(&self) -> Result<(), StoreError> {
        let forgotten = self.db.execute(FORGET_KEY_CHECK, &[]).await;
        forgotten.map(drop).map_err(StoreError::while_doing("forgetting the secret key"))
    }

    /// Records that this node is alive, for administrators to see.
    pub async fn announce_node(
        &self,
        node_id: &str,
        version: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [node_id.into(), now.into(), now.into(), version.into()];
        let announced = self.db.execute(ANNOUNCE, &values).await;
        announced.map(drop).map_err(StoreError::while_doing("announcing this node"))
    }

    /// If two first nodes start together, the second reads what the first wrote.
    async fn key_check(&self, own: &str) -> Result<String, DbError> {
        if let Some(row) = self.db.row(KEY_CHECK, &[]).await? {
            return Ok(row.text(0)?.to_owned());
        }
        self.db.execute(INSERT_KEY_CHECK, &[own.into()]).await?;
        let row = self.db.row(KEY_CHECK, &[]).await?.ok_or_else(DbError::row_missing)?;
        Ok(row.text(0)?.to_owned())
    }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[KEY_CHECK, INSERT_KEY_CHECK, FORGET_KEY_CHECK, ANNOUNCE];
