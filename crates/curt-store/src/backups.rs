//! The database's part in backups: copying an SQLite file in use, checking that a copy is whole,
//! and looking at what a database holds.
//!
//! Copies and checks block their thread for seconds per gigabyte, but no writer.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use curt_domain::{Code, LinkId, Timestamp};

use crate::{
    db::{self, Engine, FIRST_TABLE, ProgressGuard, Row, Sql, SqliteCopy},
    error::{DbError, StoreError},
    meta,
    migrations::{self, MigrateError, MigrationState, MigrationStatus},
    store::Store,
};

/// What a database holds, as far as a backup report needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Links that can be followed or shown.
    pub links: u64,
    /// Links that were deleted and can still be restored.
    pub deleted: u64,
    /// When a link was last created, edited or deleted.
    pub newest_change: Option<Timestamp>,
    /// The fingerprint of the secret that its codes were made with; absent before the first start.
    pub key_check: Option<String>,
    /// The newest migration that was applied.
    pub schema: String,
    /// Whether a newer release applied migrations that this one does not know.
    pub is_newer: bool,
}

/// Why a file is not a complete Curt database.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    #[error("cannot be read")]
    Unreadable(#[from] io::Error),
    #[error("is not an SQLite database")]
    NotADatabase,
    #[error("is cut off: {found} bytes of {expected}")]
    CutOff { found: u64, expected: u64 },
    /// Its newest links may be in the `-wal` file beside the original.
    #[error(
        "was copied from a database in use and may lack its newest links; `curt backup create` \
         makes whole copies"
    )]
    CopiedInUse,
    #[error("is damaged: {}", .problems.first().map_or("no details", String::as_str))]
    Damaged { problems: Vec<String> },
    #[error("has no tables of ours")]
    NoTables,
    #[error(transparent)]
    Tables(MigrateError),
    #[error(transparent)]
    Failed(StoreError),
}

impl From<MigrateError> for InspectError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Failed(error) => Self::Failed(error),
            other => Self::Tables(other),
        }
    }
}

impl From<DbError> for InspectError {
    fn from(error: DbError) -> Self {
        Self::Failed(StoreError::new("reading the copy", error))
    }
}

const COUNTS: Sql = Sql::new("select count(*), count(deleted_at), max(updated_at) from links");
const DELETED: Sql = Sql::new("select count(*) from deleted_links");
const NEWEST_ID: Sql = Sql::new("select max(id) from links");
const CODE_FROM: Sql =
    Sql::new("select code from links where $1 <= id and deleted_at is null order by id limit 1");

/// Copies the SQLite database at `source` into the empty file at `target`, as committed now. Other
/// connections go on writing; their writes stay in the write-ahead log until the copy is finished,
/// so `watch` should limit its growth.
///
/// Deleted rows leave no trace in the copy. Tables that must not outlive their retention are to be
/// emptied here.
pub fn copy_sqlite(source: &Path, target: &Path, guard: ProgressGuard) -> Result<(), StoreError> {
    db::copy_sqlite(source, target, guard)
        .map_err(StoreError::while_doing("copying the SQLite database"))
}

/// Brings an SQLite database that is no longer in use into a single file, without a log beside it.
pub fn checkpoint_wal(path: &Path) -> Result<(), StoreError> {
    db::checkpoint_wal(path).map_err(StoreError::while_doing("folding the write-ahead log"))
}

/// Checks that the file is a complete Curt database, and returns what is in it. The file is read
/// from end to end and not changed.
pub fn inspect_sqlite(path: &Path, guard: ProgressGuard) -> Result<Contents, InspectError> {
    check_header(path)?;
    let mut copy = SqliteCopy::open(path, guard)?;
    let problems = copy.integrity_problems()?;
    if !problems.is_empty() {
        return Err(InspectError::Damaged { problems });
    }
    if !migrations::has_our_table(copy.row(FIRST_TABLE)?.as_ref())? {
        return Err(InspectError::NoTables);
    }
    let statuses = migrations::statuses(Engine::Sqlite, &copy.rows(migrations::RECORDS)?)?;
    let (counts, deleted) = (copy.row(COUNTS)?, copy.row(DELETED)?);
    Ok(contents(counts, deleted, copy.row(meta::KEY_CHECK)?, &statuses)?)
}

/// Reports specific problems first, because SQLite has one error for all of them.
fn check_header(path: &Path) -> Result<(), InspectError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const WRITE_VERSION: usize = 18;
    const IN_WAL_MODE: u8 = 2;

    let file = File::open(path)?;
    let found = file.metadata()?.len();
    let mut header = Vec::new();
    file.take(32).read_to_end(&mut header)?;
    let Some((page_len, pages)) = page_len_and_count(&header) else {
        return Err(InspectError::NotADatabase);
    };
    if !header.starts_with(MAGIC) {
        return Err(InspectError::NotADatabase);
    }
    if header[WRITE_VERSION] == IN_WAL_MODE {
        return Err(InspectError::CopiedInUse);
    }
    let expected = page_len * pages;
    if found != expected {
        return Err(InspectError::CutOff { found, expected });
    }
    Ok(())
}

/// From the header described at <https://www.sqlite.org/fileformat2.html#the_database_header>.
fn page_len_and_count(header: &[u8]) -> Option<(u64, u64)> {
    let page_len = match u16::from_be_bytes(header.get(16..18)?.try_into().ok()?) {
        1 => 65_536,
        len => u64::from(len),
    };
    Some((page_len, u32::from_be_bytes(header.get(28..32)?.try_into().ok()?).into()))
}

fn contents(
    counts: Option<Row>,
    deleted: Option<Row>,
    key_check: Option<Row>,
    statuses: &[MigrationStatus],
) -> Result<Contents, DbError> {
    let counts = counts.ok_or_else(DbError::row_missing)?;
    let newest = statuses.iter().rev().find(|status| status.state != MigrationState::Pending);
    Ok(Contents {
        links: counts.number(0)? - counts.number(1)?,
        deleted: deleted.ok_or_else(DbError::row_missing)?.number(0)?,
        newest_change: counts.optional_int(2)?.map(Timestamp::from_millis),
        key_check: key_check.map(|row| row.text(0).map(str::to_owned)).transpose()?,
        schema: newest.map(|status| status.name.clone()).unwrap_or_default(),
        is_newer: statuses.iter().any(|status| status.state == MigrationState::Unknown),
    })
}

impl Store {
    /// What the database holds. Counts every link, which may take a minute on a large server.
    pub async fn contents(&self) -> Result<Contents, MigrateError> {
        let statuses = self.migrations().await?;
        let counts = self.db.row_at_leisure(COUNTS).await?;
        let deleted = self.db.row_at_leisure(DELETED).await?;
        let key_check = self.db.row(meta::KEY_CHECK, &[]).await?;
        Ok(contents(counts, deleted, key_check, &statuses)?)
    }

    /// Whether there is no table at all, neither ours nor of another program.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let first_table = self.db.row(FIRST_TABLE, &[]).await;
        let row = first_table.map_err(StoreError::while_doing("looking for tables"))?;
        Ok(row.is_none())
    }

    /// The highest id that a link has.
    pub async fn newest_link(&self) -> Result<Option<LinkId>, StoreError> {
        let read = async {
            let row = self.db.row(NEWEST_ID, &[]).await?.ok_or_else(DbError::row_missing)?;
            Ok(row.optional_number(0)?.and_then(LinkId::new))
        };
        read.await.map_err(StoreError::while_doing("looking for the newest link"))
    }

    /// The code of the link with this id or, if it is gone, of the next one.
    pub async fn code_from(&self, id: LinkId) -> Result<Option<Code>, StoreError> {
        let read = async {
            let Some(row) = self.db.row(CODE_FROM, &[id.into()]).await? else { return Ok(None) };
            row.text(0)?.parse().map(Some).map_err(DbError::unreadable)
        };
        read.await.map_err(StoreError::while_doing("reading a code"))
    }
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[COUNTS, DELETED, NEWEST_ID, CODE_FROM];

#[cfg(test)]
mod tests;
