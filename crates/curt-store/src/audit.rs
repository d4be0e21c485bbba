//! The audit log: who did what to which object, and when. `attribution` writes it.

use curt_domain::{Author, KeyId, Timestamp, UserId};
use ipnet::IpNet;

use crate::{
    db::{Row, Sql, Value},
    error::{DbError, StoreError},
    pages::{Cursor, InvalidCursor, ListError, Order, PAGE_LEN_MAX, Position},
    store::Store,
};

/// A row of the log. Actions and kinds are strings, because later releases add new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    pub at: Timestamp,
    pub id: u64,
    pub author: Author,
    /// The network of the client's address.
    pub client: Option<IpNet>,
    pub action: String,
    pub object_kind: String,
    /// Absent if there were many objects.
    pub object_id: Option<u64>,
    /// A JSON object.
    pub details: String,
}

/// Which rows, newest first, starting where.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Actions of this user, including those through a key.
    pub author: Option<UserId>,
    pub action: Option<String>,
    /// Actions on this object: its kind and its id.
    pub object: Option<(String, u64)>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// At most [`PAGE_LEN_MAX`].
    pub limit: u32,
    /// The end of the previous page.
    pub cursor: Option<Cursor>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    pub items: Vec<AuditRecord>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// What all lists have in common. The filter that is not optional decides which index is used.
macro_rules! list {
    ($author:literal, $object:literal) => {
        Sql::new(concat!(
            "select at, id, author_kind, author_user, author_key, author_name, client, action,
                 object_kind, object_id, details
             from audit_log where ",
            $author,
            " and ($3 = '' or action = $4) and ",
            $object,
            " and $8 <= at and at <= $9 and (at < $10 or id < $11)
             order by at desc, id desc limit $12"
        ))
    };
}

const BY_TIME: Sql =
    list!("($1 = '' or author_user = $2)", "($5 = '' or (object_kind = $6 and object_id = $7))");
const BY_AUTHOR: Sql =
    list!("$1 <> '' and author_user = $2", "($5 = '' or (object_kind = $6 and object_id = $7))");
const BY_OBJECT: Sql =
    list!("($1 = '' or author_user = $2)", "$5 <> '' and object_kind = $6 and object_id = $7");

const LAST_OF_SLICE: Sql = Sql::new(
    "select max(at) from
         (select at from audit_log where at <= $1 order by at, id limit $2) as slice",
);

const DELETE: Sql = Sql::new("delete from audit_log where at <= $1");

impl Store {
    /// A page of the log, newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ListError> {
        let (at, id) = match &query.cursor {
            None => (i64::MAX, i64::MAX),
            Some(Cursor { order: Order::Audit, last: Position::Number { number, id } }) => {
                (*number, *id)
            }
            Some(_) => return Err(InvalidCursor.into()),
        };
        let page = self.audit_page(query, at, id).await;
        Ok(page.map_err(StoreError::while_doing("reading the audit log"))?)
    }

    /// Deletes rows from `until` or earlier; returns how many.
    pub async fn prune_audit(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.prune(LAST_OF_SLICE, DELETE, until).await;
        pruned.map_err(StoreError::while_doing("pruning the audit log"))
    }

    async fn audit_page(&self, query: &AuditQuery, at: i64, id: i64) -> Result<AuditPage, DbError> {
        let is_set = |set: bool| Value::from(if set { "set" } else { "" });
        let (kind, object) = query.object.as_ref().map_or(("", 0), |(kind, id)| (kind, *id));
        let first = query.from.map_or(i64::MIN, Timestamp::as_millis);
        let last = query.to.map_or(i64::MAX, |end| end.as_millis() - 1);
        let limit = query.limit.min(PAGE_LEN_MAX) as usize;
        let values = [
            is_set(query.author.is_some()),
            Value::number(query.author.map_or(0, UserId::get)),
            is_set(query.action.is_some()),
            query.action.as_deref().unwrap_or_default().into(),
            is_set(query.object.is_some()),
            kind.into(),
            Value::number(object),
            first.into(),
            last.min(at).into(),
            at.into(),
            id.into(),
            // One extra row tells whether another page follows.
            Value::number(limit as u64 + 1),
        ];
        let sql = match (&query.object, query.author) {
            (Some(_), _) => BY_OBJECT,
            (None, Some(_)) => BY_AUTHOR,
            (None, None) => BY_TIME,
        };
        let rows = self.db.rows(sql, &values).await?;
        let is_last = rows.len() <= limit;
        let items = rows.iter().take(limit).map(record).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| !is_last).map(AuditRecord::position);
        Ok(AuditPage { items, next })
    }
}

impl AuditRecord {
    fn position(&self) -> Cursor {
        let last = Position::Number { number: self.at.as_millis(), id: self.id.cast_signed() };
        Cursor { order: Order::Audit, last }
    }
}

fn record(row: &Row) -> Result<AuditRecord, DbError> {
    let client = row.optional_text(6)?.map(str::parse);
    Ok(AuditRecord {
        at: Timestamp::from_millis(row.int(0)?),
        id: row.number(1)?,
        author: author(row)?,
        client: client.transpose().map_err(DbError::unreadable)?,
        action: row.text(7)?.to_owned(),
        object_kind: row.text(8)?.to_owned(),
        object_id: row.optional_number(9)?,
        details: row.text(10)?.to_owned(),
    })
}

fn author(row: &Row) -> Result<Author, DbError> {
    let user = row.optional_number(3)?.and_then(UserId::new);
    let key = row.optional_number(4)?.and_then(KeyId::new);
    match (row.text(2)?, user, key) {
        ("admin_key", ..) => Ok(Author::AdminKey),
        ("user", Some(user), _) => Ok(Author::User(user)),
        ("key", Some(user), Some(key)) => Ok(Author::Key(user, key)),
        ("command_line", ..) => {
            Ok(Author::CommandLine(row.optional_text(5)?.unwrap_or_default().to_owned()))
        }
        ("anonymous", ..) => Ok(Author::Anonymous),
        ("system", ..) => Ok(Author::System),
        _ => Err(DbError::unreadable("an author of no known kind")),
    }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[BY_TIME, BY_AUTHOR, BY_OBJECT, LAST_OF_SLICE, DELETE];
