//! Migrations: numbered statements that bring the tables to what this release expects.
//!
//! All three engines have the same files, in separate folders. A release only adds files, and the
//! previous release keeps working on the new tables: migrations it does not know are no reason to
//! refuse. Each step is one transaction under a lock, so nodes that start together take turns.

use std::fmt::Write as _;

use curt_domain::{Clock, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::{
    db::{Db, Engine, FIRST_TABLE, Ownership, Row, Sql, Tx, Work},
    error::{DbError, DbErrorKind, StoreError},
};

/// Waits for the other nodes, on MySQL for up to an hour. On SQLite the writing transaction is the
/// lock.
const LOCK: Sql = Sql::new("select 1 from pg_advisory_xact_lock(6004791358)")
    .on_sqlite("select 1")
    .on_mysql("select get_lock(concat('curt-', md5(database())), 3600)");

/// Before MySQL's lock is released: the next node to take the lock must see the step.
const COMMIT: Sql = Sql::new("select 1").on_mysql("commit");

/// MySQL's lock belongs to the connection, because a change of a table ends the transaction.
const UNLOCK: Sql =
    Sql::new("select 1").on_mysql("select release_lock(concat('curt-', md5(database())))");

pub(crate) const RECORDS: Sql =
    Sql::new("select version, name, checksum, finished_at from curt_migrations order by version");
const RECORD: Sql = Sql::new("select finished_at from curt_migrations where version = $1");
const START: Sql = Sql::new(
    "insert into curt_migrations (version, name, checksum, started_at) values ($1, $2, $3, $4)",
);
const FINISH: Sql = Sql::new("update curt_migrations set finished_at = $1 where version = $2");

struct Migration {
    name: &'static str,
    sql: Sql,
    texts: [&'static str; 3],
}

macro_rules! migration {
    ($name:literal) => {{
        let sqlite = include_str!(concat!("../migrations/sqlite/", $name, ".sql"));
        let postgres = include_str!(concat!("../migrations/postgres/", $name, ".sql"));
        let mysql = include_str!(concat!("../migrations/mysql/", $name, ".sql"));
        let sql = Sql::new(postgres).on_sqlite(sqlite).on_mysql(mysql);
        Migration { name: $name, sql, texts: [sqlite, postgres, mysql] }
    }};
}

/// In order: the first is number 1. It creates the table in which the others are recorded.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_curt_migrations"),
    migration!("0002_meta"),
    migration!("0003_change_counter"),
    migration!("0004_change_counter_row"),
    migration!("0005_changes"),
    migration!("0006_id_blocks"),
    migration!("0007_nodes"),
    migration!("0008_links"),
    migration!("0009_links_by_code"),
    migration!("0010_links_by_creation"),
    migration!("0011_deleted_links"),
    migration!("0012_link_totals"),
    migration!("0013_link_totals_by_human"),
    migration!("0014_link_limits"),
    migration!("0015_link_versions"),
    migration!("0016_tags"),
    migration!("0017_tags_by_name"),
    migration!("0018_link_tags"),
    migration!("0019_link_tags_by_link"),
    migration!("0020_idempotency_keys"),
    migration!("0021_idempotency_keys_by_creation"),
    migration!("0022_journal_marks"),
    migration!("0023_journal_marks_by_end"),
    migration!("0024_click_buckets"),
    migration!("0025_click_buckets_by_time"),
    migration!("0026_click_losses"),
    migration!("0027_users"),
    migration!("0028_invites"),
    migration!("0029_refresh_tokens"),
    migration!("0030_refresh_tokens_by_user"),
    migration!("0031_refresh_tokens_by_expiry"),
    migration!("0032_sessions"),
    migration!("0033_sessions_by_user"),
    migration!("0034_sessions_by_expiry"),
    migration!("0035_api_keys"),
    migration!("0036_api_keys_by_user"),
    migration!("0037_audit_log"),
    migration!("0038_audit_log_by_author"),
    migration!("0039_audit_log_by_object"),
    migration!("0040_owner_moves"),
    migration!("0041_links_by_owner"),
    migration!("0042_target_blocks"),
    migration!("0043_target_blocks_by_pattern"),
    migration!("0044_links_by_target_host"),
    migration!("0045_reports"),
    migration!("0046_reports_by_client"),
    migration!("0047_reports_by_state"),
    migration!("0048_links_abuse_at"),
    migration!("0049_abuse_links"),
    migration!("0050_ip_blocks"),
    migration!("0051_ip_blocks_by_network"),
    migration!("0052_reports_by_end"),
];

/// The name of the newest migration that this release knows; names are in order.
pub fn newest_migration() -> &'static str {
    MIGRATIONS.last().expect("there are migrations").name
}

/// One migration, and how far this database is with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    pub version: i64,
    pub name: String,
    pub state: MigrationState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    Applied {
        at: Timestamp,
    },
    Pending,
    /// Started by a run that died before it finished; the next run resumes it.
    Interrupted,
    /// Applied by a newer release than this one.
    Unknown,
}

/// Why the tables are not, or cannot be, what this release expects.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(
        "the database belongs to another program: it has a table {table}, and no migrations of ours"
    )]
    Foreign { table: String },
    #[error("migration {name} was applied with another text than this release has")]
    Changed { name: String },
    #[error("another node has been migrating for an hour")]
    Locked,
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl From<DbError> for MigrateError {
    fn from(error: DbError) -> Self {
        Self::Failed(StoreError::new("migrating the database", error))
    }
}

/// Applies pending migrations and returns their names.
pub(crate) async fn migrate(db: &Db, clock: &Clock) -> Result<Vec<&'static str>, MigrateError> {
    let mut applied = Vec::new();
    for (version, status) in (1..).zip(status(db).await?) {
        match status.state {
            MigrationState::Applied { .. } => {}
            MigrationState::Unknown => {
                tracing::warn!(name = status.name, "the database was migrated by a newer release");
            }
            MigrationState::Pending | MigrationState::Interrupted => {
                let step = Step { version, engine: db.engine(), clock: clock.clone() };
                if let Some(name) = db.migration(step, take_step).await? {
                    tracing::info!(name, "migrated");
                    applied.push(name);
                }
            }
        }
    }
    Ok(applied)
}

/// All migrations that this release or this database knows, in order.
pub(crate) async fn status(db: &Db) -> Result<Vec<MigrationStatus>, MigrateError> {
    let first_table = db.row(FIRST_TABLE, &[]).await?;
    let records = if has_our_table(first_table.as_ref())? {
        db.rows(RECORDS, &[]).await?
    } else {
        Vec::new()
    };
    statuses(db.engine(), &records)
}

/// Combines the rows of [`RECORDS`] with the migrations that this release knows.
pub(crate) fn statuses(
    engine: Engine,
    records: &[Row],
) -> Result<Vec<MigrationStatus>, MigrateError> {
    let mut records = records.iter().map(Record::from_row).peekable();
    let mut statuses = Vec::with_capacity(MIGRATIONS.len());
    for (version, migration) in (1..).zip(MIGRATIONS) {
        let record = records.next_if(|next| !matches!(next, Ok(r) if r.version != version));
        let state = match record.transpose()? {
            Some(record) if record.checksum != migration.checksum(engine) => {
                return Err(MigrateError::Changed { name: record.name });
            }
            Some(Record { finished_at: Some(at), .. }) => MigrationState::Applied { at },
            Some(_) => MigrationState::Interrupted,
            None => MigrationState::Pending,
        };
        statuses.push(MigrationStatus { version, name: migration.name.to_owned(), state });
    }
    for record in records {
        let Record { version, name, .. } = record?;
        statuses.push(MigrationStatus { version, name, state: MigrationState::Unknown });
    }
    Ok(statuses)
}

struct Record {
    version: i64,
    name: String,
    checksum: String,
    finished_at: Option<Timestamp>,
}

impl Record {
    fn from_row(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            version: row.int(0)?,
            name: row.text(1)?.to_owned(),
            checksum: row.text(2)?.to_owned(),
            finished_at: row.optional_int(3)?.map(Timestamp::from_millis),
        })
    }
}

impl Migration {
    fn checksum(&self, engine: Engine) -> String {
        let [sqlite, postgres, mysql] = self.texts;
        let text = match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
            Engine::MySql => mysql,
        };
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(text) {
            write!(hex, "{byte:02x}").expect("a String takes any text");
        }
        hex
    }
}

struct Step {
    version: i64,
    engine: Engine,
    clock: Clock,
}

/// Takes one step, which is one statement, because MySQL commits at each change of a table. The
/// step is recorded as started before and as finished after, so that the next run resumes it if
/// this one dies in between.
///
/// `None` if another node was faster.
fn take_step<'t>(
    tx: &'t mut Tx<'_>,
    step: &'t Step,
) -> Work<'t, Option<&'static str>, MigrateError> {
    Box::pin(async move {
        let lock = tx.row(LOCK, &[]).await?.ok_or_else(DbError::row_missing)?;
        if lock.optional_int(0)? != Some(1) {
            return Err(MigrateError::Locked);
        }
        let taken = match take_locked_step(tx, step).await {
            Ok(taken) => tx.row(COMMIT, &[]).await.map(|_| taken).map_err(MigrateError::from),
            Err(error) => Err(error),
        };
        // Once the step has failed PostgreSQL refuses this too, but the step's error tells why.
        let unlocked = tx.row(UNLOCK, &[]).await;
        let taken = taken?;
        unlocked?;
        Ok(taken)
    })
}

async fn take_locked_step(
    tx: &mut Tx<'_>,
    step: &Step,
) -> Result<Option<&'static str>, MigrateError> {
    let migration = &MIGRATIONS[usize::try_from(step.version - 1).expect("versions start at 1")];
    let first_table = tx.row(FIRST_TABLE, &[]).await?;
    if !has_our_table(first_table.as_ref())? {
        tx.execute(MIGRATIONS[0].sql, &[]).await?;
    }
    let record = tx.row(RECORD, &[step.version.into()]).await?;
    let tried_before = match record {
        Some(row) if row.optional_int(0)?.is_some() => return Ok(None),
        Some(_) => true,
        None => false,
    };
    if tried_before {
        // The run that died may have executed the statement; then it is already done.
        tx.execute_unless(DbErrorKind::AlreadyDone, migration.sql, &[]).await?;
    } else {
        let checksum = migration.checksum(step.engine);
        let values =
            [step.version.into(), migration.name.into(), checksum.into(), step.clock.now().into()];
        tx.execute(START, &values).await?;
        tx.execute(migration.sql, &[]).await?;
    }
    tx.execute(FINISH, &[step.clock.now().into(), step.version.into()]).await?;
    Ok(Some(migration.name))
}

/// Whether there are tables of ours; tables of another program are an error.
pub(crate) fn has_our_table(first_table: Option<&Row>) -> Result<bool, MigrateError> {
    match Ownership::of(first_table)? {
        Ownership::NoTables => Ok(false),
        Ownership::Ours => Ok(true),
        Ownership::Foreign { table } => Err(MigrateError::Foreign { table }),
    }
}

#[cfg(test)]
mod tests;
