//! Tags: their ids, and which link has which.

use std::collections::{BTreeMap, HashMap};

use curt_domain::{Link, LinkId, Tag};

use super::rows;
use crate::{
    db::{Row, Sql, Tx, Value, Work},
    error::DbError,
    ids::Sequence,
    store::Store,
};

/// New tags made in one transaction: short, so that no other write waits long for SQLite's writer.
const TAGS_AT_ONCE_MAX: usize = 500;

/// Ids and names.
struct NewTags(Vec<(u64, Tag)>);

const TAG_ID: Sql = Sql::new("select id from tags where workspace_id = 0 and name = $1");

const INSERT_TAG: Sql = Sql::new(
    "insert into tags (id, name) values ($1, $2) on conflict (workspace_id, name) do nothing",
)
.on_mysql("insert into tags (id, name) values ($1, $2) on duplicate key update name = name");

const ATTACH: Sql =
    Sql::new("insert into link_tags (tag_id, link_created_at, link_id) values ($1, $2, $3)");

const DETACH_ALL: Sql = Sql::new("delete from link_tags where link_id = $1");

/// The ids of the links come as one text, `7,8,9`, which each engine splits differently.
const OF_LINKS: Sql = Sql::new(
    "select link_tags.link_id, tags.name from link_tags join tags on tags.id = link_tags.tag_id
     where link_tags.link_id = any(cast('{' || $1 || '}' as bigint[]))",
)
.on_sqlite(
    "select link_tags.link_id, tags.name from link_tags join tags on tags.id = link_tags.tag_id
     where link_tags.link_id in (select value from json_each('[' || $1 || ']'))",
)
.on_mysql(
    "select link_tags.link_id, tags.name
     from json_table(concat('[', $1, ']'), '$[*]' columns (id bigint path '$')) as wanted
     join link_tags on link_tags.link_id = wanted.id join tags on tags.id = link_tags.tag_id",
);

impl Store {
    /// The id of a tag, if any link ever had it.
    pub(super) async fn tag_id(&self, tag: &Tag) -> Result<Option<i64>, DbError> {
        let row = self.db.row(TAG_ID, &[tag.as_str().into()]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// The ids of these tags, in their order; new tags are inserted.
    ///
    /// They are inserted before the transaction that uses them, and in the order of their names:
    /// otherwise two links that bring the same new tags in different orders would wait for each
    /// other. A tag that no link has does no harm.
    pub(super) async fn tag_ids(&self, tags: &[Tag]) -> Result<Vec<i64>, DbError> {
        let mut ids = BTreeMap::new();
        let mut new = Vec::new();
        for tag in tags {
            match self.tag_id(tag).await? {
                Some(id) => drop(ids.insert(tag, id)),
                None => new.push(tag.clone()),
            }
        }
        for names in new.chunks(TAGS_AT_ONCE_MAX) {
            self.create_tags(names.to_vec()).await?;
        }
        for tag in tags {
            if !ids.contains_key(tag) {
                // Another transaction may have inserted the tag first; it has one id all the same.
                let id = self.tag_id(tag).await?.ok_or_else(DbError::row_missing)?;
                ids.insert(tag, id);
            }
        }
        Ok(tags.iter().map(|tag| ids[tag]).collect())
    }

    async fn create_tags(&self, mut names: Vec<Tag>) -> Result<(), DbError> {
        names.sort_unstable();
        names.dedup();
        let ids = self.reserve(Sequence::Tags, names.len() as u64).await?;
        let new = ids.zip(names).collect();
        self.db.transaction("create_tags", NewTags(new), insert_tags).await
    }

    /// Adds their tags to links that were read without them, in one read for all.
    ///
    /// An edit may commit between the two reads. Its revision is then newer than that of the row,
    /// so an `If-Match` with the revision read here fails, as it must.
    pub(super) async fn add_tags<'l>(
        &self,
        links: impl IntoIterator<Item = &'l mut Link>,
    ) -> Result<(), DbError> {
        let links: Vec<&mut Link> = links.into_iter().collect();
        let wanted = links.iter().map(|link| link.id);
        let mut found = by_link(&self.db.rows(OF_LINKS, &[id_list(wanted).into()]).await?)?;
        for link in links {
            link.tags = found.remove(&link.id).unwrap_or_default();
        }
        Ok(())
    }
}

/// The tags of one link, inside a transaction.
pub(super) async fn of_link(tx: &mut Tx<'_>, id: LinkId) -> Result<Vec<Tag>, DbError> {
    let rows = tx.rows(OF_LINKS, &[id_list([id]).into()]).await?;
    Ok(by_link(&rows)?.remove(&id).unwrap_or_default())
}

fn insert_tags<'t>(tx: &'t mut Tx<'_>, new: &'t NewTags) -> Work<'t, (), DbError> {
    Box::pin(async move {
        let row = |(id, tag): &'t (u64, Tag)| vec![Value::number(*id), tag.as_str().into()];
        let rows: Vec<_> = new.0.iter().map(row).collect();
        tx.execute_rows(INSERT_TAG, &rows).await
    })
}

/// Attaches the tags with these ids to links that have none.
pub(super) async fn attach(
    tx: &mut Tx<'_>,
    links: impl IntoIterator<Item = (&Link, &[i64])>,
) -> Result<(), DbError> {
    let mut rows = Vec::new();
    for (link, tag_ids) in links {
        for tag_id in tag_ids {
            rows.push(vec![(*tag_id).into(), link.created_at.into(), link.id.into()]);
        }
    }
    tx.execute_rows(ATTACH, &rows).await
}

pub(super) async fn detach_all(tx: &mut Tx<'_>, id: LinkId) -> Result<(), DbError> {
    tx.execute(DETACH_ALL, &[id.into()]).await.map(drop)
}

pub(super) fn id_list(ids: impl IntoIterator<Item = LinkId>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    ids.join(",")
}

/// Sorted here and not by the database, whose order of names may depend on its locale.
fn by_link(rows: &[Row]) -> Result<HashMap<LinkId, Vec<Tag>>, DbError> {
    let mut tags: HashMap<LinkId, Vec<Tag>> = HashMap::new();
    for row in rows {
        let tag = Tag::parse(row.text(1)?).map_err(DbError::unreadable)?;
        tags.entry(rows::id(row, 0)?).or_default().push(tag);
    }
    for tags in tags.values_mut() {
        tags.sort_unstable();
    }
    Ok(tags)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[TAG_ID, INSERT_TAG, ATTACH, DETACH_ALL, OF_LINKS];
