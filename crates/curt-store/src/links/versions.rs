//! The history of a link: what each edit replaced, by revision.

use curt_domain::{Access, Link, LinkId, Tag, Timestamp};

use super::rows::{self, Origin, settings_columns};
use crate::{
    db::{Row, Sql, Tx},
    error::{DbError, StoreError},
    pages::PAGE_LEN_MAX,
    store::Store,
};

/// A link as it was before an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkVersion {
    pub link: Link,
    pub replaced_at: Timestamp,
}

const INSERT: Sql = Sql::new(concat!(
    "insert into link_versions (link_id, replaced_at, tags, ",
    settings_columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
));

const SELECT: Sql = Sql::new(concat!(
    "select replaced_at, tags, ",
    settings_columns!(),
    " from link_versions where link_id = $1 and revision < $2 order by revision desc limit $3"
));

/// Where the settings begin in the columns of `SELECT`.
const SETTINGS_START: usize = 2;

const ORIGIN: Sql =
    Sql::new("select code, created_at, owner_id from links where id = $1 and deleted_at is null");

impl Store {
    /// The replaced versions, newest first, at most [`PAGE_LEN_MAX`]; `None` if there is no such
    /// link that the caller may see.
    pub async fn link_versions(
        &self,
        access: Access,
        id: LinkId,
        before_revision: Option<u64>,
        limit: u32,
    ) -> Result<Option<Vec<LinkVersion>>, StoreError> {
        self.versions(access, id, before_revision, limit)
            .await
            .map_err(StoreError::while_doing("reading a link's history"))
    }

    async fn versions(
        &self,
        access: Access,
        id: LinkId,
        before_revision: Option<u64>,
        limit: u32,
    ) -> Result<Option<Vec<LinkVersion>>, DbError> {
        let Some(origin) = self.db.row(ORIGIN, &[id.into()]).await? else { return Ok(None) };
        if !access.includes(rows::owner(&origin, 2)?) {
            return Ok(None);
        }
        let before = before_revision.and_then(|revision| i64::try_from(revision).ok());
        let limit = i64::from(limit.min(PAGE_LEN_MAX));
        let values = [id.into(), before.unwrap_or(i64::MAX).into(), limit.into()];
        let rows = self.db.rows(SELECT, &values).await?;
        rows.iter().map(|row| version(row, id, &origin)).collect::<Result<_, _>>().map(Some)
    }
}

fn version(row: &Row, id: LinkId, origin: &Row) -> Result<LinkVersion, DbError> {
    let origin = Origin {
        id,
        code: rows::code(origin, 0)?,
        created_at: rows::some_time(origin, 1)?,
        owner: rows::owner(origin, 2)?,
    };
    let tags = row.text(1)?.lines().map(Tag::parse).collect::<Result<_, _>>();
    Ok(LinkVersion {
        link: origin.with_settings(row, SETTINGS_START, tags.map_err(DbError::unreadable)?)?,
        replaced_at: rows::some_time(row, 0)?,
    })
}

/// Tags are written one per line: no tag contains a line break.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    link: &Link,
    replaced_at: Timestamp,
) -> Result<(), DbError> {
    let tags: Vec<&str> = link.tags.iter().map(Tag::as_str).collect();
    let own = [link.id.into(), replaced_at.into(), tags.join("\n").into()];
    let values: Vec<_> = own.into_iter().chain(rows::settings(link)).collect();
    tx.execute(INSERT, &values).await.map(drop)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT, SELECT, ORIGIN];
