//! Links: creating them, reading them one by one, and the lookup for a redirect.

use curt_domain::{Access, Caller, Code, Link, LinkId, LinkRecord, MaxClicks, Route};
use serde_json::json;

use crate::{
    attribution::{Action, Attribution},
    db::{Sql, Tx, Value, Work},
    error::{DbError, DbErrorKind, StoreError},
    replays::{self, InsertReplayError, NewReplay},
    store::Store,
};

mod bulk;
mod deletions;
mod edits;
mod erasure;
mod pages;
mod rows;
mod tags;
mod versions;

pub use bulk::{CreateLinksError, LINKS_AT_ONCE_MAX};
pub use edits::{EditLinkError, ExpectedRevision, RESTORE_WINDOW};
pub use pages::{LinkPage, LinkQuery};
pub use versions::LinkVersion;

use rows::{insert_link, link_columns, record_columns, settings_columns};

/// Why a link cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateLinkError {
    #[error("the code is taken")]
    CodeTaken,
    #[error("the same request was answered before")]
    ReplayExists,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateLinkError {
    fn from(error: DbError) -> Self {
        StoreError::new("creating a link", error).into()
    }
}

impl From<InsertReplayError> for CreateLinkError {
    fn from(error: InsertReplayError) -> Self {
        match error {
            InsertReplayError::Exists => Self::ReplayExists,
            InsertReplayError::Db(error) => error.into(),
        }
    }
}

/// The rows that one transaction writes.
#[derive(Clone)]
struct NewLink {
    link: Link,
    tag_ids: Vec<i64>,
    replay: Option<NewReplay>,
    attribution: Attribution,
}

const INSERT: Sql = Sql::new(insert_link!());

/// Frees the code of an erased link, for the user who owned it.
const GIVE_BACK: Sql = Sql::new(
    "delete from links where domain_id = 0 and code = $1 and target = '' and owner_id = $2",
);

const INSERT_LIMIT: Sql = Sql::new(
    "insert into link_limits (link_id, used) values ($1, 0) on conflict (link_id) do nothing",
)
.on_mysql(
    "insert into link_limits (link_id, used) values ($1, 0) on duplicate key update used = used",
);

const SELECT: Sql = Sql::new(concat!(
    "select ",
    record_columns!(),
    " from links
     left join link_totals on link_totals.link_id = links.id
     left join link_limits on link_limits.link_id = links.id
     where id = $1 and target <> ''"
));

const SELECT_BY_CODE: Sql = Sql::new(concat!(
    "select ",
    record_columns!(),
    " from links
     left join link_totals on link_totals.link_id = links.id
     left join link_limits on link_limits.link_id = links.id
     where domain_id = 0 and code = $1 and target <> ''"
));

/// Only the holder of this lock may change the link. A separate statement, because PostgreSQL
/// cannot lock the rows of an outer join.
const LOCK: Sql = Sql::new("select id from links where id = $1").locking();

const ROUTE: Sql = Sql::new(
    "select id, target, redirect_status, forward_query, valid_from, expires_at, max_clicks,
            fallback_url, disabled_at, revision, abuse_at, password_hash
     from links where domain_id = 0 and code = $1 and deleted_at is null",
);

const USE_CLICK: Sql =
    Sql::new("update link_limits set used = used + 1 where link_id = $1 and used < $2");

impl Store {
    /// Writes a new link. The unique index decides who gets a code; a lookup before would only race
    /// with it. A code stays taken, even after its link is deleted and erased; only the user who
    /// owned that link can take it again.
    pub async fn create_link(
        &self,
        caller: &Caller,
        link: Link,
        replay: Option<NewReplay>,
    ) -> Result<(), CreateLinkError> {
        let tag_ids = match link.tags.as_slice() {
            [] => Vec::new(),
            tags => self.tag_ids(tags).await?,
        };
        let attribution = self.attribute(caller, link.created_at);
        let new = NewLink { link, tag_ids, replay, attribution };
        let again = new.link.owner.is_some().then(|| new.clone());
        let created = self.db.transaction("create_link", new, create).await;
        match (created, again) {
            (Err(CreateLinkError::CodeTaken), Some(new)) => {
                self.db.transaction("create_link_again", new, create_again).await
            }
            (created, _) => created,
        }
    }

    /// The link as its owner sees it; `None` if it is deleted or not the caller's.
    pub async fn link(&self, access: Access, id: LinkId) -> Result<Option<LinkRecord>, StoreError> {
        let record = self.record(SELECT, id.into()).await;
        let record = record.map_err(StoreError::while_doing("reading a link"))?;
        let is_there = |record: &LinkRecord| {
            record.link.deleted_at.is_none() && access.includes(record.link.owner)
        };
        Ok(record.filter(is_there))
    }

    /// The caller's link with this code, also while it is deleted but not yet erased.
    pub async fn link_by_code(
        &self,
        access: Access,
        code: &Code,
    ) -> Result<Option<LinkRecord>, StoreError> {
        let record = self.record(SELECT_BY_CODE, code.as_str().into()).await;
        let record = record.map_err(StoreError::while_doing("reading a link by its code"))?;
        Ok(record.filter(|record| access.includes(record.link.owner)))
    }

    /// What a redirect needs of a link: one read through the unique index.
    pub async fn route(&self, code: &Code) -> Result<Option<Route>, StoreError> {
        let read = async {
            let row = self.db.row(ROUTE, &[code.as_str().into()]).await?;
            row.as_ref().map(rows::route).transpose()
        };
        read.await.map_err(StoreError::while_doing("reading a route"))
    }

    /// Takes one of the clicks that the link has left; false if none is left. Concurrent clicks are
    /// serialized by the row.
    pub async fn use_click(&self, id: LinkId, max: MaxClicks) -> Result<bool, StoreError> {
        let used = self.db.execute(USE_CLICK, &[id.into(), Value::number(max.get())]).await;
        used.map(|count| count == 1).map_err(StoreError::while_doing("using up a click"))
    }

    async fn record(&self, sql: Sql, key: Value<'_>) -> Result<Option<LinkRecord>, DbError> {
        let Some(row) = self.db.row(sql, &[key]).await? else { return Ok(None) };
        let mut record = rows::record(&row)?;
        self.add_tags([&mut record.link]).await?;
        Ok(Some(record))
    }
}

/// Writes the replay first: of two concurrent equal requests the second waits there, before it
/// could mistake the first one's code for that of another link.
fn create<'t>(tx: &'t mut Tx<'_>, new: &'t NewLink) -> Work<'t, (), CreateLinkError> {
    Box::pin(async move {
        let NewLink { link, tag_ids, replay, attribution } = new;
        if let Some(replay) = replay {
            replays::insert(tx, replay).await?;
        }
        tx.execute(INSERT, &rows::inserted(link)).await.map_err(code_taken)?;
        tags::attach(tx, [(link, tag_ids.as_slice())]).await?;
        if link.max_clicks.is_some() {
            tx.execute(INSERT_LIMIT, &[link.id.into()]).await?;
        }
        let details = json!({ "code": link.code.as_str() });
        attribution.write(tx, Action::LinkCreate, Some(link.id.get()), &details).await?;
        Ok(())
    })
}

/// Takes the code of an erased link again, for the user who owned that link.
fn create_again<'t>(tx: &'t mut Tx<'_>, new: &'t NewLink) -> Work<'t, (), CreateLinkError> {
    Box::pin(async move {
        if !give_back(tx, &new.link).await? {
            return Err(CreateLinkError::CodeTaken);
        }
        create(tx, new).await
    })
}

/// Frees the code of the new link if it belonged to an erased link of the same user.
async fn give_back(tx: &mut Tx<'_>, link: &Link) -> Result<bool, DbError> {
    let Some(owner) = link.owner else { return Ok(false) };
    Ok(tx.execute(GIVE_BACK, &[link.code.as_str().into(), owner.into()]).await? == 1)
}

/// The only other unique column is the id, and no two links get the same id.
fn code_taken(error: DbError) -> CreateLinkError {
    match error.kind() {
        DbErrorKind::UniqueViolation => CreateLinkError::CodeTaken,
        _ => error.into(),
    }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Sql> {
    let own = [INSERT, GIVE_BACK, INSERT_LIMIT, SELECT, SELECT_BY_CODE, LOCK, ROUTE, USE_CLICK];
    [
        own.as_slice(),
        bulk::STATEMENTS,
        deletions::STATEMENTS,
        edits::STATEMENTS,
        erasure::STATEMENTS,
        pages::STATEMENTS,
        tags::STATEMENTS,
        versions::STATEMENTS,
    ]
    .concat()
}

#[cfg(test)]
mod tests;
