//! Blocked destinations: the operator's list, and the links that lead to an entry of it.
//!
//! Nodes keep the whole list in memory and read it again when the changes feed reports a change.

use curt_domain::{Author, Caller, PATTERNS_MAX, PatternKind, TargetPattern, TargetUrl, Timestamp};

use serde_json::{Value as Json, json};

use crate::{
    attribution::{Action, Attribution},
    db::{ChangeKind, Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    ids::Sequence,
    store::Store,
};

/// Most patterns written in one transaction: some 10 ms of SQLite's writer.
const PATTERNS_AT_ONCE_MAX: usize = 500;

/// Most blocks on a page, however many were requested.
pub const BLOCK_PAGE_LEN_MAX: u32 = 200;

/// Most links that are counted for one pattern.
const HITS_MAX: u32 = 100_000;

/// Most targets of a host that are compared with the path of a pattern.
const TARGETS_READ_MAX: u32 = 10_000;

/// Where a block came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetBlockSource {
    Admin,
    File,
    Report,
}

impl TargetBlockSource {
    pub const ALL: [Self; 3] = [Self::Admin, Self::File, Self::Report];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::File => "file",
            Self::Report => "report",
        }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetBlock {
    pub id: u64,
    pub pattern: TargetPattern,
    /// The reason, for other administrators; visitors never see it.
    pub reason: Option<String>,
    pub source: TargetBlockSource,
    pub created_at: Timestamp,
    pub created_by: String,
}

/// Patterns to block, all for the same reason.
#[derive(Debug, Clone)]
pub struct NewTargetBlocks {
    pub patterns: Vec<TargetPattern>,
    pub reason: Option<String>,
    pub source: TargetBlockSource,
    pub at: Timestamp,
}

/// Why patterns cannot be blocked.
#[derive(Debug, thiserror::Error)]
pub enum BlockTargetsError {
    #[error("the list would have more than {PATTERNS_MAX} patterns")]
    ListFull,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for BlockTargetsError {
    fn from(error: DbError) -> Self {
        StoreError::new("blocking destinations", error).into()
    }
}

/// How many links a pattern blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkHits {
    pub count: u64,
    /// Whether all links were looked at; otherwise there may be more.
    pub is_all: bool,
}

/// The rows of one transaction, in the order of their patterns, so that two concurrent transactions
/// cannot wait for each other in a circle.
struct Addition {
    first_id: u64,
    rows: Vec<Vec<Value<'static>>>,
    details: Json,
    attribution: Attribution,
}

pub(crate) const INSERT: Sql = Sql::new(
    "insert into target_blocks (id, kind, pattern, reason, source, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace_id, pattern) do nothing",
)
.on_mysql(
    "insert into target_blocks (id, kind, pattern, reason, source, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7) on duplicate key update pattern = pattern",
);

const COUNT_FROM: Sql = Sql::new("select count(*) from target_blocks where $1 <= id and id < $2");

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "select id, pattern, reason, source, created_at, created_by from target_blocks ",
            $rest
        ))
    };
}

const BY_ID: Sql = select!("where id = $1");
const BY_PATTERN: Sql = select!("where workspace_id = 0 and pattern = $1");
const NEWEST_FIRST: Sql = select!("where id < $1 order by id desc limit $2");
const PATTERNS: Sql =
    Sql::new("select id, pattern from target_blocks where $1 < id order by id limit $2");
const DELETE: Sql = Sql::new("delete from target_blocks where id = $1");

const HITS_OF_HOST: Sql = Sql::new(
    "select count(*) from (select id from links where target_host collate \"C\" = $1
         and deleted_at is null limit $2) as hits",
)
.on_sqlite(
    "select count(*) from (select id from links where target_host = $1
         and deleted_at is null limit $2) as hits",
)
.on_mysql(
    "select count(*) from (select id from links where target_host = $1
         and deleted_at is null limit $2) as hits",
);

const HITS_UNDER_HOST: Sql = Sql::new(
    "select count(*) from (select id from links where $1 <= target_host collate \"C\"
         and target_host collate \"C\" < $2 and deleted_at is null limit $3) as hits",
)
.on_sqlite(
    "select count(*) from (select id from links where $1 <= target_host
         and target_host < $2 and deleted_at is null limit $3) as hits",
)
.on_mysql(
    "select count(*) from (select id from links where $1 <= target_host
         and target_host < $2 and deleted_at is null limit $3) as hits",
);

const TARGETS_OF_HOST: Sql = Sql::new(
    "select target from links where target_host collate \"C\" = $1 and deleted_at is null limit $2",
)
.on_sqlite("select target from links where target_host = $1 and deleted_at is null limit $2")
.on_mysql("select target from links where target_host = $1 and deleted_at is null limit $2");

impl Store {
    /// Adds the patterns that are not on the list yet; returns how many there were.
    pub async fn block_targets(
        &self,
        caller: &Caller,
        new: NewTargetBlocks,
    ) -> Result<u64, BlockTargetsError> {
        let NewTargetBlocks { mut patterns, reason, source, at } = new;
        patterns.sort_unstable();
        patterns.dedup();
        // Concurrent additions may exceed the limit by what they add, which does no harm.
        if PATTERNS_MAX < self.target_block_count().await? + patterns.len() {
            return Err(BlockTargetsError::ListFull);
        }
        let mut added = 0;
        for patterns in patterns.chunks(PATTERNS_AT_ONCE_MAX) {
            let ids = self.reserve(Sequence::TargetBlocks, patterns.len() as u64).await?;
            let first_id = ids.start;
            let rows = ids
                .zip(patterns)
                .map(|(id, pattern)| {
                    row(id, pattern, reason.as_deref(), source, &caller.author, at)
                })
                .collect();
            // One audit row for each transaction: it names a single pattern, and counts several.
            let details = match patterns {
                [pattern] => json!({ "pattern": pattern.as_str() }),
                _ => json!({ "count": patterns.len(), "source": source.as_str() }),
            };
            let addition =
                Addition { first_id, rows, details, attribution: self.attribute(caller, at) };
            added += self.db.transaction("block_targets", addition, insert_all).await?;
        }
        Ok(added)
    }

    async fn target_block_count(&self) -> Result<usize, DbError> {
        let row = self.db.row(COUNT_FROM, &[0.into(), i64::MAX.into()]).await?;
        let count = row.ok_or_else(DbError::row_missing)?.number(0)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub async fn target_block(&self, id: u64) -> Result<Option<TargetBlock>, StoreError> {
        self.one_block(BY_ID, Value::number(id)).await
    }

    pub async fn target_block_of(
        &self,
        pattern: &TargetPattern,
    ) -> Result<Option<TargetBlock>, StoreError> {
        self.one_block(BY_PATTERN, pattern.as_str().into()).await
    }

    /// A page of the list, the latest entry first, with ids below `before`.
    pub async fn target_blocks(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<TargetBlock>, StoreError> {
        let before = before.map_or(Value::from(i64::MAX), Value::number);
        let limit = i64::from(limit.min(BLOCK_PAGE_LEN_MAX + 1));
        let read = async {
            let rows = self.db.rows(NEWEST_FIRST, &[before, limit.into()]).await?;
            rows.iter().map(block).collect::<Result<Vec<_>, _>>()
        };
        read.await.map_err(StoreError::while_doing("listing blocked destinations"))
    }

    /// The patterns with ids above `after`, each with its id: for reading the whole list in slices.
    pub async fn target_patterns(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, TargetPattern)>, StoreError> {
        let read = async {
            let slice = [Value::number(after), i64::from(limit).into()];
            let rows = self.db.rows(PATTERNS, &slice).await?;
            let pattern = |row: &Row| Ok((row.number(0)?, pattern(row, 1)?));
            rows.iter().map(pattern).collect::<Result<Vec<_>, DbError>>()
        };
        read.await.map_err(StoreError::while_doing("reading blocked destinations"))
    }

    /// Takes an entry off the list; returns whether there was one.
    pub async fn unblock_target(
        &self,
        caller: &Caller,
        id: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let input = (id, self.attribute(caller, now));
        let removed = self.db.transaction("unblock_target", input, delete).await;
        removed.map_err(StoreError::while_doing("unblocking a destination"))
    }

    /// How many links lead to the pattern, without deleted ones.
    pub async fn links_led_to(&self, pattern: &TargetPattern) -> Result<LinkHits, StoreError> {
        self.hits(pattern).await.map_err(StoreError::while_doing("counting links by their host"))
    }

    async fn hits(&self, pattern: &TargetPattern) -> Result<LinkHits, DbError> {
        let host = pattern.reversed_host();
        let row = match pattern.kind() {
            PatternKind::Host => {
                self.db.row(HITS_OF_HOST, &[host.into(), i64::from(HITS_MAX).into()]).await?
            }
            PatternKind::Suffix => {
                // In ASCII the slash follows the dot that ends the host.
                let end = format!("{}/", host.trim_end_matches('.'));
                let values = [host.into(), end.into(), i64::from(HITS_MAX).into()];
                self.db.row(HITS_UNDER_HOST, &values).await?
            }
            PatternKind::Prefix => return self.hits_of_prefix(pattern, &host).await,
        };
        let count = row.ok_or_else(DbError::row_missing)?.number(0)?;
        Ok(LinkHits { count, is_all: count < u64::from(HITS_MAX) })
    }

    async fn hits_of_prefix(
        &self,
        pattern: &TargetPattern,
        host: &str,
    ) -> Result<LinkHits, DbError> {
        let values = [host.into(), i64::from(TARGETS_READ_MAX).into()];
        let rows = self.db.rows(TARGETS_OF_HOST, &values).await?;
        let mut count = 0;
        for row in &rows {
            let target = TargetUrl::from_stored(row.text(0)?).map_err(DbError::unreadable)?;
            count += u64::from(pattern.blocks(&target));
        }
        Ok(LinkHits { count, is_all: rows.len() < TARGETS_READ_MAX as usize })
    }

    async fn one_block(&self, sql: Sql, key: Value<'_>) -> Result<Option<TargetBlock>, StoreError> {
        let read = async { self.db.row(sql, &[key]).await?.as_ref().map(block).transpose() };
        read.await.map_err(StoreError::while_doing("reading a blocked destination"))
    }
}

fn insert_all<'t>(tx: &'t mut Tx<'_>, new: &'t Addition) -> Work<'t, u64, BlockTargetsError> {
    Box::pin(async move {
        tx.execute_rows(INSERT, &new.rows).await?;
        let end = new.first_id + new.rows.len() as u64;
        let ids = [Value::number(new.first_id), Value::number(end)];
        let added = tx.row(COUNT_FROM, &ids).await?.ok_or_else(DbError::row_missing)?.number(0)?;
        if 0 < added {
            let id = (new.rows.len() == 1).then_some(new.first_id);
            new.attribution.write(tx, Action::TargetBlock, id, &new.details).await?;
            tx.changed(ChangeKind::TargetBlocks, &new.first_id.to_string(), new.attribution.at);
        }
        Ok(added)
    })
}

fn delete<'t>(tx: &'t mut Tx<'_>, input: &'t (u64, Attribution)) -> Work<'t, bool, DbError> {
    Box::pin(async move {
        let (id, attribution) = input;
        let Some(row) = tx.row(BY_ID, &[Value::number(*id)]).await? else { return Ok(false) };
        let details = json!({ "pattern": row.text(1)? });
        let is_gone = tx.execute(DELETE, &[Value::number(*id)]).await? == 1;
        if is_gone {
            attribution.write(tx, Action::TargetUnblock, Some(*id), &details).await?;
            tx.changed(ChangeKind::TargetBlocks, &id.to_string(), attribution.at);
        }
        Ok(is_gone)
    })
}

/// The values of [`INSERT`].
pub(crate) fn row(
    id: u64,
    pattern: &TargetPattern,
    reason: Option<&str>,
    source: TargetBlockSource,
    by: &Author,
    at: Timestamp,
) -> Vec<Value<'static>> {
    vec![
        Value::number(id),
        pattern.kind().as_str().to_owned().into(),
        pattern.as_str().to_owned().into(),
        reason.map(str::to_owned).into(),
        source.as_str().to_owned().into(),
        at.into(),
        words(by).into(),
    ]
}

/// The author in words, for people to read. Of a user only the id is kept.
pub(crate) fn words(author: &Author) -> String {
    match author {
        Author::AdminKey => "the admin key".to_owned(),
        Author::User(user) => format!("user {user}"),
        Author::Key(user, key) => format!("key {key} of user {user}"),
        Author::CommandLine(name) => format!("{name} on the command line"),
        Author::Anonymous => "somebody".to_owned(),
        Author::System => "the server".to_owned(),
    }
}

fn block(row: &Row) -> Result<TargetBlock, DbError> {
    let source = row.text(3)?;
    let source = TargetBlockSource::ALL.into_iter().find(|known| known.as_str() == source);
    Ok(TargetBlock {
        id: row.number(0)?,
        pattern: pattern(row, 1)?,
        reason: row.optional_text(2)?.map(str::to_owned),
        source: source.ok_or_else(|| DbError::unreadable("a block from an unknown source"))?,
        created_at: Timestamp::from_millis(row.int(4)?),
        created_by: row.text(5)?.to_owned(),
    })
}

fn pattern(row: &Row, column: usize) -> Result<TargetPattern, DbError> {
    row.text(column)?.parse().map_err(DbError::unreadable)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[
    INSERT,
    COUNT_FROM,
    BY_ID,
    BY_PATTERN,
    NEWEST_FIRST,
    PATTERNS,
    DELETE,
    HITS_OF_HOST,
    HITS_UNDER_HOST,
    TARGETS_OF_HOST,
];
