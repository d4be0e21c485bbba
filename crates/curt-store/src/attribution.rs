//! Attributes changes to their authors: writes the rows of the audit log.
//!
//! **Invariant:** a row is written in the transaction of the change it records, so neither exists
//! without the other. It names objects by their ids and never holds a secret or a person's address.
//! Of a deleted user only an id is left, and of a blocked address only its network.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use curt_domain::{AUTHOR_NAME_LEN_MAX, Author, Caller, KeyId, Timestamp, UserId};
use serde_json::Value as Json;

use crate::{
    db::{Sql, Tx, Value},
    error::DbError,
};

mod action;

pub use action::Action;

/// Longest details of a row, in bytes.
const DETAILS_LEN_MAX: usize = 2_048;

/// The first number that is not an id.
const ID_END: u64 = 1 << 53;

/// Ids for rows, counted up from a random number: the ids of two nodes collide only if they are
/// equal in the same millisecond.
#[derive(Debug, Clone)]
pub(crate) struct AuditIds(Arc<AtomicU64>);

impl AuditIds {
    pub(crate) fn new() -> Self {
        // Without randomness all nodes start alike, and rows of the same time may be refused.
        Self(Arc::new(AtomicU64::new(getrandom::u64().unwrap_or_default())))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) % ID_END
    }
}

/// The author and time of a change, to which a transaction attributes its rows.
#[derive(Debug, Clone)]
pub(crate) struct Attribution {
    pub(crate) caller: Caller,
    pub(crate) at: Timestamp,
    ids: AuditIds,
}

const INSERT: Sql = Sql::new(
    "insert into audit_log (at, id, author_kind, author_user, author_key, author_name, client,
         action, object_kind, object_id, details)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

impl Attribution {
    pub(crate) fn new(caller: Caller, at: Timestamp, ids: AuditIds) -> Self {
        Self { caller, at, ids }
    }

    /// Records the action, on one object or on many. The details must be an object without anything
    /// personal or secret.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx<'_>,
        action: Action,
        object_id: Option<u64>,
        details: &Json,
    ) -> Result<(), DbError> {
        let (kind, key, name) = match &self.caller.author {
            Author::AdminKey => ("admin_key", None, None),
            Author::User(_) => ("user", None, None),
            Author::Key(_, key) => ("key", Some(*key), None),
            Author::CommandLine(name) => ("command_line", None, Some(name)),
            Author::Anonymous => ("anonymous", None, None),
            Author::System => ("system", None, None),
        };
        let name = name.map(|name| name.chars().take(AUTHOR_NAME_LEN_MAX).collect::<String>());
        let details = details.to_string();
        if DETAILS_LEN_MAX < details.len() {
            let bug = format!("{} bytes of details of {}", details.len(), action.as_str());
            return Err(DbError::unreadable(bug));
        }
        let values = [
            self.at.into(),
            Value::number(self.ids.next()),
            kind.into(),
            optional_id(self.caller.author.user().map(UserId::get)),
            optional_id(key.map(KeyId::get)),
            name.into(),
            self.caller.client_network().map(|network| network.to_string()).into(),
            action.as_str().into(),
            action.object_kind().into(),
            optional_id(object_id),
            details.into(),
        ];
        tx.execute(INSERT, &values).await.map(drop)
    }
}

fn optional_id(id: Option<u64>) -> Value<'static> {
    Value::Int(id.map(u64::cast_signed))
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[INSERT];
