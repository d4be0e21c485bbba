//! Opening the database for any command, and `curt db`: its tables without a server.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::Subcommand;
use curt_domain::{Clock, SecretKey};
use curt_store::{
    CheckSecretError, ConnectError, DatabaseUrl, MigrateError, MigrationState, MigrationStatus,
    Store, StoreMetrics, StoreSettings,
};

use crate::{config::Config, data_dir::DataDir, output, refusal::Refusal};

#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Bring the tables to what this release expects
    ///
    /// The server does the same when it starts. Safe while servers run: nodes take turns, and the
    /// previous release goes on working with the new tables.
    Migrate,
    /// Show which migrations were applied
    Status,
    /// Look for damage in an SQLite database, also while a server uses it
    ///
    /// Ends with 1 when it finds some. Reads the whole file: some seconds for each gigabyte.
    Check,
}

impl DatabaseCommand {
    /// Needs no lock on the data directory: databases have their own.
    pub(crate) fn run(&self, config: &Config) -> anyhow::Result<()> {
        self.prepare_file(config)?;
        let answer = match self {
            Self::Migrate => with_store(config, async |store| {
                migrate(store, &Clock::System).await.map(|applied| list_applied(&applied))
            }),
            Self::Status => with_store(config, async |store| {
                status(store).await.map(|statuses| list_statuses(&statuses))
            }),
            Self::Check => check(&config.database.database),
        }?;
        output::result(&answer)?;
        Ok(())
    }

    /// Connecting would create the file: right for a migration, once its directory is there, and
    /// wrong for a question.
    fn prepare_file(&self, config: &Config) -> anyhow::Result<()> {
        let data_dir = &config.server.data_dir;
        let Some(path) = config.database.database.sqlite_path() else { return Ok(()) };
        match self {
            Self::Migrate if path.starts_with(data_dir) => {
                DataDir::open(data_dir)?;
            }
            Self::Migrate => {}
            Self::Status | Self::Check => {
                anyhow::ensure!(path.exists(), "{} does not exist yet", path.display());
            }
        }
        Ok(())
    }
}

fn with_store<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("starting the runtime")?.block_on(async {
        let store = connect(&config.database, StoreMetrics::unregistered()).await?;
        let answer = work(&store).await;
        store.close().await;
        answer
    })
}

fn check(database: &DatabaseUrl) -> anyhow::Result<String> {
    match database.integrity_problems()? {
        None => Ok(format!("{database} has tools of its own for this\n")),
        Some(problems) if problems.is_empty() => Ok(format!("{database} is sound\n")),
        Some(problems) => anyhow::bail!("{database} is damaged:\n{}", problems.join("\n")),
    }
}

/// Connects; what an operator has to settle is a [`Refusal`].
pub(crate) async fn connect(
    settings: &StoreSettings,
    metrics: StoreMetrics,
) -> anyhow::Result<Store> {
    let address = &settings.database;
    Store::connect(settings, metrics).await.map_err(|error| match error {
        ConnectError::Failed(error) => {
            anyhow::Error::new(error).context(format!("database {address}"))
        }
        refused => refuse(&anyhow::Error::new(refused).context(format!("database {address}"))),
    })
}

/// Applies what is pending and says what that was.
pub(crate) async fn migrate(store: &Store, clock: &Clock) -> anyhow::Result<Vec<&'static str>> {
    store.migrate(clock).await.map_err(not_migrated)
}

/// Refuses a database whose codes and hashes were made with another secret.
pub(crate) async fn check_secret(store: &Store, secret: &SecretKey) -> anyhow::Result<()> {
    store.check_secret(&secret.fingerprint()).await.map_err(|error| match error {
        CheckSecretError::Mismatch => refuse(&error.into()),
        CheckSecretError::Store(error) => error.into(),
    })
}

/// Every migration, and how far this database is with it.
pub(crate) async fn status(store: &Store) -> anyhow::Result<Vec<MigrationStatus>> {
    store.migrations().await.map_err(not_migrated)
}

fn not_migrated(error: MigrateError) -> anyhow::Error {
    match error {
        MigrateError::Foreign { .. } | MigrateError::Changed { .. } => refuse(&error.into()),
        MigrateError::Locked | MigrateError::Failed(_) => error.into(),
    }
}

/// One line with all causes.
fn refuse(error: &anyhow::Error) -> anyhow::Error {
    Refusal::because(format_args!("{error:#}")).into()
}

fn list_applied(applied: &[&str]) -> String {
    if applied.is_empty() {
        return "nothing to do\n".to_owned();
    }
    applied.iter().flat_map(|name| ["applied ", name, "\n"]).collect()
}

fn list_statuses(statuses: &[MigrationStatus]) -> String {
    let width = statuses.iter().map(|status| status.name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for MigrationStatus { name, state, .. } in statuses {
        let state = match state {
            MigrationState::Applied { at } => format!("applied {at}"),
            MigrationState::Pending => "pending".to_owned(),
            MigrationState::Interrupted => "interrupted; the next run resumes it".to_owned(),
            MigrationState::Unknown => "applied by a newer release".to_owned(),
        };
        writeln!(list, "{name:width$}  {state}").expect("writing to a string cannot fail");
    }
    list
}
