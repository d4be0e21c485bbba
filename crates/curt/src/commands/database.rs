//! `curt db`: the tables of the database, without a server.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use curt_domain::{Clock, Timestamp};
use curt_store::{DatabaseUrl, MigrationState, MigrationStatus, Store, StoreMetrics};
use serde_json::json;

use crate::{
    config::Config,
    data_dir::DataDir,
    database::{connect, migrate, status},
    terminal::{
        output,
        table::{Column, Listing, cell},
    },
};

const STATUS_COLUMNS: &[Column] =
    &[Column::Word("MIGRATION"), Column::Word("STATE"), Column::Word("APPLIED")];

#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Bring the tables to what this release expects
    ///
    /// The server does the same when it starts. Safe while servers run: nodes take turns, and the
    /// previous release goes on working with the new tables.
    Migrate,
    /// Show which migrations were applied
    Status(Form),
    /// Look for damage in an SQLite database, also while a server uses it
    ///
    /// Ends with 1 when it finds some. Reads the whole file: some seconds for each gigabyte.
    Check(Form),
}

#[derive(Debug, Args)]
pub(crate) struct Form {
    /// Write JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl DatabaseCommand {
    /// Takes no lock on the data directory: databases have their own locks.
    pub(crate) fn run(&self, config: &Config) -> anyhow::Result<()> {
        self.prepare_file(config)?;
        let answer = match self {
            Self::Migrate => with_store(config, async |store| {
                migrate(store, &Clock::System).await.map(|applied| list_applied(&applied))
            }),
            Self::Status(form) => with_store(config, async |store| {
                status(store).await.map(|statuses| form.statuses(&statuses))
            }),
            Self::Check(form) => form.check(&config.database.database),
        }?;
        output::result(&answer)
    }

    /// Connecting would create the file. A migration needs that, once its directory exists; a
    /// question must not do it.
    fn prepare_file(&self, config: &Config) -> anyhow::Result<()> {
        let data_dir = &config.server.data_dir;
        let Some(path) = config.database.database.sqlite_path() else { return Ok(()) };
        match self {
            Self::Migrate if path.starts_with(data_dir) => {
                DataDir::open(data_dir)?;
            }
            Self::Migrate => {}
            Self::Status(_) | Self::Check(_) => {
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

impl Form {
    fn statuses(&self, statuses: &[MigrationStatus]) -> String {
        if self.json {
            return statuses.iter().flat_map(|status| [json_of(status), "\n".to_owned()]).collect();
        }
        Listing::new(STATUS_COLUMNS).part(statuses.iter().map(|status| {
            let (state, at) = words(status.state);
            let at = at.map_or_else(String::new, |at| at.to_string());
            vec![cell(&status.name), cell(state), cell(&at)]
        }))
    }

    fn check(&self, database: &DatabaseUrl) -> anyhow::Result<String> {
        let problems = database.integrity_problems()?;
        if self.json {
            let sound = problems.as_ref().map(Vec::is_empty);
            output::line(json!({ "sound": sound, "problems": problems }).to_string())?;
        }
        match problems {
            Some(problems) if !problems.is_empty() => {
                anyhow::bail!("{database} is damaged:\n{}", problems.join("\n"))
            }
            _ if self.json => Ok(String::new()),
            Some(_) => Ok(format!("{database} is sound\n")),
            None => Ok(format!("{database} has tools of its own for this\n")),
        }
    }
}

fn json_of(status: &MigrationStatus) -> String {
    let (state, at) = words(status.state);
    let at = at.map(|at| at.to_string());
    let object = json!({ "name": status.name, "state": state, "applied_at": at });
    object.to_string()
}

fn words(state: MigrationState) -> (&'static str, Option<Timestamp>) {
    match state {
        MigrationState::Applied { at } => ("applied", Some(at)),
        MigrationState::Pending => ("pending", None),
        // The next run resumes it.
        MigrationState::Interrupted => ("interrupted", None),
        // A newer release applied it.
        MigrationState::Unknown => ("unknown", None),
    }
}

fn list_applied(applied: &[&str]) -> String {
    if applied.is_empty() {
        return "nothing to do\n".to_owned();
    }
    applied.iter().flat_map(|name| ["applied ", name, "\n"]).collect()
}
