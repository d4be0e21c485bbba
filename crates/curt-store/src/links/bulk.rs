//! Many links at once: one transaction, few round trips, all or none.

use std::collections::{BTreeMap, HashSet};

use curt_domain::{Caller, Code, Link, LinkId, Tag, Timestamp, UserId};
use serde_json::json;

use super::{
    INSERT_LIMIT, give_back,
    rows::{self, insert_link, link_columns, settings_columns},
    tags,
};
use crate::{
    attribution::{Action, Attribution},
    db::{Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    replays::{self, InsertReplayError, NewReplay},
    store::Store,
};

/// Most links that one transaction creates: with everything in them, some 20 ms of SQLite's writer.
pub const LINKS_AT_ONCE_MAX: usize = 500;

/// Why links cannot be created. None of them is created then.
#[derive(Debug, thiserror::Error)]
pub enum CreateLinksError {
    /// The codes of these links are taken, by other links or by earlier ones of the same call.
    #[error("codes are taken")]
    CodesTaken(Vec<LinkId>),
    #[error("the same request was answered before")]
    ReplayExists,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateLinksError {
    fn from(error: DbError) -> Self {
        StoreError::new("creating links", error).into()
    }
}

impl From<InsertReplayError> for CreateLinksError {
    fn from(error: InsertReplayError) -> Self {
        match error {
            InsertReplayError::Exists => Self::ReplayExists,
            InsertReplayError::Db(error) => error.into(),
        }
    }
}

#[derive(Clone)]
struct NewLinks {
    links: Vec<Link>,
    /// The ids of each link's tags.
    tag_ids: Vec<Vec<i64>>,
    replay: Option<NewReplay>,
    attribution: Attribution,
}

struct CreationAgain {
    new: NewLinks,
    /// The links whose codes are taken.
    ids: HashSet<LinkId>,
}

/// Skips taken codes, because a savepoint for each link would cost too much. The ids that are
/// missing afterwards tell which codes were taken.
const INSERT_UNLESS_TAKEN: Sql =
    Sql::new(concat!(insert_link!(), " on conflict (domain_id, code) do nothing"))
        .on_mysql(concat!(insert_link!(), " on duplicate key update id = id"));

/// The ids come as one text, `7,8,9`, which each engine splits differently.
const WRITTEN: Sql =
    Sql::new("select id from links where id = any(cast('{' || $1 || '}' as bigint[]))")
        .on_sqlite(
            "select id from links where id in (select value from json_each('[' || $1 || ']'))",
        )
        .on_mysql(
            "select links.id
             from json_table(concat('[', $1, ']'), '$[*]' columns (id bigint path '$')) as wanted
             join links on links.id = wanted.id",
        );

/// The codes come as one text, `"a","b"`. None of their characters needs escaping in it. Codes of
/// erased links are free for the users who owned them.
const TAKEN: Sql = Sql::new(
    "select code from links
     where domain_id = 0 and code = any(cast('{' || $1 || '}' as varchar[]))
         and (target <> '' or owner_id is null or owner_id <> $2)",
)
.on_sqlite(
    "select code from links
     where domain_id = 0 and code in (select value from json_each('[' || $1 || ']'))
         and (target <> '' or owner_id is null or owner_id <> $2)",
)
.on_mysql(
    "select links.code
     from json_table(concat('[', $1, ']'), '$[*]' columns (code varchar(255) path '$')) as wanted
     join links on links.domain_id = 0 and links.code = wanted.code
         and (target <> '' or owner_id is null or owner_id <> $2)",
);

/// No user has this id; it stands for links without an owner.
const NOBODY: i64 = -1;

impl Store {
    /// Writes all of these new links, at most [`LINKS_AT_ONCE_MAX`], or none of them. Of links with
    /// the same code the first counts. As with one link, the unique index decides who gets a code.
    ///
    /// A replay without links is allowed: a request that created nothing has an answer too.
    pub async fn create_links(
        &self,
        caller: &Caller,
        links: Vec<Link>,
        replay: Option<NewReplay>,
    ) -> Result<(), CreateLinksError> {
        let mut tags: Vec<Tag> = links.iter().flat_map(|link| &link.tags).cloned().collect();
        tags.sort_unstable();
        tags.dedup();
        let ids = self.tag_ids(&tags).await?;
        let ids: BTreeMap<Tag, i64> = tags.into_iter().zip(ids).collect();
        let of_link = |link: &Link| link.tags.iter().map(|tag| ids[tag]).collect();
        let tag_ids = links.iter().map(of_link).collect();
        // Without links no row uses the time.
        let now = links.first().map_or(Timestamp::from_millis(0), |link| link.created_at);
        let new = NewLinks { links, tag_ids, replay, attribution: self.attribute(caller, now) };
        let again = new.links.iter().any(|link| link.owner.is_some()).then(|| new.clone());
        let created = self.db.transaction("create_links", new, create_all).await;
        match (created, again) {
            (Err(CreateLinksError::CodesTaken(ids)), Some(new)) => {
                let again = CreationAgain { new, ids: ids.into_iter().collect() };
                self.db.transaction("create_links_again", again, create_all_again).await
            }
            (created, _) => created,
        }
    }

    /// Which of these codes a new link of that owner cannot have, because other links have them,
    /// including deleted and erased ones.
    pub async fn taken_codes(
        &self,
        codes: &[Code],
        owner: Option<UserId>,
    ) -> Result<HashSet<Code>, StoreError> {
        let read = async {
            let owner = owner.map_or(Value::from(NOBODY), Value::from);
            let list: Vec<String> = codes.iter().map(|code| format!("\"{code}\"")).collect();
            let rows = self.db.rows(TAKEN, &[list.join(",").into(), owner]).await?;
            rows.iter().map(|row| rows::code(row, 0)).collect::<Result<_, _>>()
        };
        read.await.map_err(StoreError::while_doing("looking for taken codes"))
    }
}

/// As with one link, the replay is written first.
fn create_all<'t>(tx: &'t mut Tx<'_>, new: &'t NewLinks) -> Work<'t, (), CreateLinksError> {
    Box::pin(async move {
        let NewLinks { links, tag_ids, replay, attribution } = new;
        if let Some(replay) = replay {
            replays::insert(tx, replay).await?;
        }
        let ids = || links.iter().map(|link| link.id.get());
        let values: Vec<_> = links.iter().map(rows::inserted).collect();
        tx.execute_rows(INSERT_UNLESS_TAKEN, &values).await?;
        let taken = not_written(tx, links).await?;
        if !taken.is_empty() {
            return Err(CreateLinksError::CodesTaken(taken));
        }
        tags::attach(tx, links.iter().zip(tag_ids.iter().map(Vec::as_slice))).await?;
        let limited = links.iter().filter(|link| link.max_clicks.is_some());
        let limits: Vec<_> = limited.map(|link| vec![Value::from(link.id)]).collect();
        tx.execute_rows(INSERT_LIMIT, &limits).await?;
        // One audit row for all: the ids of a call are consecutive except for ids that others took
        // in between.
        if let (Some(first), Some(last)) = (ids().min(), ids().max()) {
            let details = json!({ "count": links.len(), "first_id": first, "last_id": last });
            attribution.write(tx, Action::LinkImport, None, &details).await?;
        }
        Ok(())
    })
}

/// Takes codes of erased links again, for the users who owned those links.
fn create_all_again<'t>(
    tx: &'t mut Tx<'_>,
    again: &'t CreationAgain,
) -> Work<'t, (), CreateLinksError> {
    Box::pin(async move {
        for link in again.new.links.iter().filter(|link| again.ids.contains(&link.id)) {
            give_back(tx, link).await?;
        }
        create_all(tx, &again.new).await
    })
}

async fn not_written(tx: &mut Tx<'_>, links: &[Link]) -> Result<Vec<LinkId>, DbError> {
    let ids = links.iter().map(|link| link.id);
    let rows = tx.rows(WRITTEN, &[tags::id_list(ids.clone()).into()]).await?;
    let written = rows.iter().map(|row| rows::id(row, 0)).collect::<Result<HashSet<_>, _>>()?;
    Ok(ids.filter(|id| !written.contains(id)).collect())
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSERT_UNLESS_TAKEN, WRITTEN, TAKEN];
