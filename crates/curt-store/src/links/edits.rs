//! Changing links: edits, deletion and restoring. Each keeps what it replaced as a version.

use std::time::Duration;

use curt_domain::{Caller, Code, InvalidDates, Link, LinkEdit, LinkId, LinkRecord, Timestamp};
use serde_json::json;

use super::{INSERT_LIMIT, LOCK, SELECT, erasure, rows, tags, versions};
use crate::{
    attribution::{Action, Attribution},
    db::{ChangeKind, Sql, Tx, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// How long a deleted link can be restored; after that its content may be erased.
pub const RESTORE_WINDOW: Duration = Duration::from_hours(30 * 24);

/// Why a link cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditLinkError {
    #[error("there is no such link")]
    NotFound,
    #[error("the link was edited since")]
    RevisionMismatch,
    #[error("expires_at {0}")]
    Dates(#[from] InvalidDates),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for EditLinkError {
    fn from(error: DbError) -> Self {
        StoreError::new("changing a link", error).into()
    }
}

/// The revisions of a link that a change is meant for; at any other it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedRevision {
    Any,
    OneOf(Vec<u64>),
}

impl ExpectedRevision {
    fn is(&self, revision: u64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(expected) => expected.contains(&revision),
        }
    }
}

/// The link and revision that the caller aims at.
struct Aim {
    id: LinkId,
    expected_revision: ExpectedRevision,
    attribution: Attribution,
}

impl Aim {
    fn now(&self) -> Timestamp {
        self.attribution.at
    }

    fn check_revision(&self, link: &Link) -> Result<(), EditLinkError> {
        let is_expected = self.expected_revision.is(link.revision);
        if is_expected { Ok(()) } else { Err(EditLinkError::RevisionMismatch) }
    }
}

struct Editing {
    aim: Aim,
    edit: LinkEdit,
    /// The ids of `edit.tags`.
    tag_ids: Vec<i64>,
}

const UPDATE: Sql = Sql::new(
    "update links set target = $1, title = $2, note = $3, redirect_status = $4, forward_query = $5,
         valid_from = $6, expires_at = $7, max_clicks = $8, fallback_url = $9, disabled_at = $10,
         deleted_at = $11, revision = $12, updated_at = $13, password_hash = $14, target_host = $15,
         target_hash = $16, search_text = $17
     where id = $18",
);

impl Store {
    /// Changes a link; an edit that changes nothing writes nothing. Links of other owners are not
    /// found.
    pub async fn edit_link(
        &self,
        caller: &Caller,
        id: LinkId,
        edit: LinkEdit,
        expected_revision: ExpectedRevision,
        now: Timestamp,
    ) -> Result<LinkRecord, EditLinkError> {
        let tag_ids = self.tag_ids(edit.tags.as_deref().unwrap_or_default()).await?;
        let aim = Aim { id, expected_revision, attribution: self.attribute(caller, now) };
        self.db.transaction("edit_link", Editing { aim, edit, tag_ids }, apply).await
    }

    /// Hides a link from visitors at once; its owner can restore it within [`RESTORE_WINDOW`].
    pub async fn delete_link(
        &self,
        caller: &Caller,
        id: LinkId,
        expected_revision: ExpectedRevision,
        now: Timestamp,
    ) -> Result<Code, EditLinkError> {
        let aim = Aim { id, expected_revision, attribution: self.attribute(caller, now) };
        self.db.transaction("delete_link", aim, delete).await
    }

    /// Restores a deleted link; one that is not deleted stays as it is.
    pub async fn restore_link(
        &self,
        caller: &Caller,
        id: LinkId,
        expected_revision: ExpectedRevision,
        now: Timestamp,
    ) -> Result<LinkRecord, EditLinkError> {
        let aim = Aim { id, expected_revision, attribution: self.attribute(caller, now) };
        self.db.transaction("restore_link", aim, restore).await
    }
}

fn apply<'t>(tx: &'t mut Tx<'_>, input: &'t Editing) -> Work<'t, LinkRecord, EditLinkError> {
    Box::pin(async move {
        let record = lock_present(tx, &input.aim).await?;
        let old = &record.link;
        let new = old.edited(&input.edit, input.aim.now())?;
        if new == *old {
            return Ok(record);
        }
        replace(tx, old, &new).await?;
        if new.tags != old.tags {
            tags::detach_all(tx, new.id).await?;
            tags::attach(tx, [(&new, input.tag_ids.as_slice())]).await?;
        }
        if new.max_clicks.is_some() && old.max_clicks.is_none() {
            tx.execute(INSERT_LIMIT, &[new.id.into()]).await?;
        }
        write_down(tx, &input.aim, Action::LinkEdit, &new).await?;
        Ok(LinkRecord { link: new, ..record })
    })
}

fn delete<'t>(tx: &'t mut Tx<'_>, aim: &'t Aim) -> Work<'t, Code, EditLinkError> {
    Box::pin(async move {
        let old = lock_present(tx, aim).await?.link;
        replace(tx, &old, &with_deletion(&old, Some(aim.now()), aim.now())).await?;
        erasure::schedule(tx, aim.id, aim.now()).await?;
        write_down(tx, aim, Action::LinkDelete, &old).await?;
        Ok(old.code)
    })
}

fn restore<'t>(tx: &'t mut Tx<'_>, aim: &'t Aim) -> Work<'t, LinkRecord, EditLinkError> {
    Box::pin(async move {
        let record = lock(tx, aim).await?;
        let deleted_at = record.link.deleted_at;
        if deleted_at.is_some_and(|at| RESTORE_WINDOW < aim.now().since(at)) {
            return Err(EditLinkError::NotFound);
        }
        aim.check_revision(&record.link)?;
        let Some(deleted_at) = deleted_at else { return Ok(record) };
        let link = with_deletion(&record.link, None, aim.now());
        replace(tx, &record.link, &link).await?;
        erasure::unschedule(tx, aim.id, deleted_at).await?;
        write_down(tx, aim, Action::LinkRestore, &link).await?;
        Ok(LinkRecord { link, ..record })
    })
}

/// Deleting and restoring are edits too: each makes a revision, a version and a change.
fn with_deletion(link: &Link, deleted_at: Option<Timestamp>, now: Timestamp) -> Link {
    Link { deleted_at, revision: link.revision + 1, updated_at: now, ..link.clone() }
}

async fn lock_present(tx: &mut Tx<'_>, aim: &Aim) -> Result<LinkRecord, EditLinkError> {
    let record = lock(tx, aim).await?;
    if record.link.deleted_at.is_some() {
        return Err(EditLinkError::NotFound);
    }
    aim.check_revision(&record.link)?;
    Ok(record)
}

/// Locks the link's row and reads all of it, unless it is erased or not the caller's.
async fn lock(tx: &mut Tx<'_>, aim: &Aim) -> Result<LinkRecord, EditLinkError> {
    tx.row(LOCK, &[aim.id.into()]).await?;
    let row = tx.row(SELECT, &[aim.id.into()]).await?.ok_or(EditLinkError::NotFound)?;
    let mut record = rows::record(&row)?;
    if !aim.attribution.caller.access.includes(record.link.owner) {
        return Err(EditLinkError::NotFound);
    }
    record.link.tags = tags::of_link(tx, aim.id).await?;
    Ok(record)
}

/// The versions keep what was changed, so the audit row does not.
async fn write_down(
    tx: &mut Tx<'_>,
    aim: &Aim,
    action: Action,
    link: &Link,
) -> Result<(), DbError> {
    let details = json!({ "code": link.code.as_str(), "revision": link.revision });
    aim.attribution.write(tx, action, Some(link.id.get()), &details).await
}

/// Keeps the old values as a version, writes the new ones, and announces the change to all nodes.
async fn replace(tx: &mut Tx<'_>, old: &Link, new: &Link) -> Result<(), DbError> {
    versions::insert(tx, old, new.updated_at).await?;
    let values = rows::settings(new).into_iter().chain(rows::derived(new));
    let values: Vec<_> = values.chain([new.id.into()]).collect();
    tx.execute(UPDATE, &values).await?;
    tx.changed(ChangeKind::Link, new.code.as_str(), new.updated_at);
    Ok(())
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[UPDATE];
