//! `curt backup`: makes, lists, verifies and restores copies of the database.

mod listing;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use curt_domain::{Clock, SecretKey};
use curt_store::{Contents, Engine};
use tokio_util::sync::CancellationToken;

use crate::{
    backup::{
        directory::{Backup, BackupDir, LATEST},
        guard::Guard,
        make::{Made, Order, make},
        manifest::MadeBy,
        restore::{self, Secret},
        verify::{Verified, verify},
    },
    config::{Config, SQLITE_FILE},
    data_dir::DataDir,
    failure::Refusal,
    keys::{KeysConfig, SECRET_KEY_FILE, kept_secret},
    terminal::{output, text},
};

#[derive(Debug, Subcommand)]
#[command(
    after_help = "The server makes backups by itself, every day with SQLite (see backup.interval).\n\
                  Exit codes: 0 done, 1 failed, 3 no such backup, 78 a setting, the secret or the \
                  data directory has to be put right."
)]
pub(crate) enum BackupCommand {
    /// Make a backup now, also while the server runs
    ///
    /// The database is copied as it is at one moment and writers go on meanwhile. The copy is
    /// checked and synced before it gets its name. With PostgreSQL and MySQL this calls `pg_dump`,
    /// mariadb-dump or mysqldump. Backups made by hand are never removed by the server.
    ///
    /// The secret key is not part of it: keep a copy of secret.key in another place.
    Create,
    /// Show the backups there are, newest first
    List(ListArgs),
    /// Read backups from end to end and say whether they can be restored
    Verify(VerifyArgs),
    /// Put a backup in the place of a database that is absent or empty
    ///
    /// Verifies it first, refuses to write over anything, and tries some links at the end. Stop
    /// the server before, and move the old database away.
    Restore(RestoreArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Write JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A file, or the name of one in the backup directory
    #[arg(default_value = LATEST)]
    file: String,
    /// Verify every backup in the backup directory
    #[arg(long, conflicts_with = "file")]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// A file, or the name of one in the backup directory
    #[arg(default_value = LATEST)]
    file: String,
    /// Restore an SQLite database into this data directory instead of the configured one
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The secret key is lost: let the next start make a new one
    ///
    /// Links keep their codes. Sessions end, and visitors are counted anew.
    #[arg(long)]
    forget_secret: bool,
}

impl BackupCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<()> {
        let directory = BackupDir::new(&config.backup.directory);
        match self {
            Self::Create => create(&config, &directory),
            Self::List(arguments) => list(&directory, &arguments),
            Self::Verify(arguments) => verify_some(config, &directory, &arguments),
            Self::Restore(arguments) => restore_one(config, &directory, arguments),
        }
    }
}

fn create(config: &Config, directory: &BackupDir) -> anyhow::Result<()> {
    let source = config.database.database.sqlite_path();
    let guard = Guard::new(directory.path(), source, CancellationToken::new()).shown();
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let started = Instant::now();
    let guard = Arc::new(guard);
    let Made { path, manifest } = make(&Order {
        database: &config.database,
        directory,
        made_by: MadeBy::Command,
        now: Clock::System.now(),
        guard: &guard,
        runtime: runtime.handle(),
    })?;
    drop(guard);
    let (file, size) = (path.display(), text::size(manifest.bytes));
    let (links, seconds) = (text::count(manifest.links, "link"), started.elapsed().as_secs_f64());
    output::result(format!("made and verified {file}: {links}, {size}, {seconds:.1} s\n"))?;
    output::note("the secret key is not in it; keep a copy of secret.key in another place");
    Ok(())
}

fn list(directory: &BackupDir, arguments: &ListArgs) -> anyhow::Result<()> {
    let (backups, now) = (directory.list()?, Clock::System.now());
    let text = if arguments.json {
        listing::json(&backups, now)
    } else if backups.is_empty() {
        format!("there is no backup in {}\n", directory.path().display())
    } else {
        listing::table(&backups, now)
    };
    output::result(text)
}

fn verify_some(
    config: Config,
    directory: &BackupDir,
    arguments: &VerifyArgs,
) -> anyhow::Result<()> {
    let secret = present_secret(config.keys, &config.server.data_dir)?;
    let backups =
        if arguments.all { directory.list()? } else { vec![directory.find(&arguments.file)?] };
    if backups.is_empty() {
        return Err(directory.none_there().into());
    }
    let mut failed = 0;
    for backup in &backups {
        match verify_one(backup, secret.as_ref()) {
            Ok(text) => output::result(&text)?,
            Err(error) => {
                output::error(&error);
                failed += 1;
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of {} cannot be restored", backups.len());
    Ok(())
}

fn verify_one(backup: &Backup, secret: Option<&SecretKey>) -> anyhow::Result<String> {
    let verified = examine(backup)?;
    verified.check_suitable(secret).with_context(|| backup.path.display().to_string())?;
    let file = backup.path.display();
    Ok(format!("{file} is whole: {}\n", describe(backup, verified.contents.as_ref())))
}

fn examine(backup: &Backup) -> anyhow::Result<Verified> {
    let directory = backup.path.parent().unwrap_or(&backup.path);
    let guard = Guard::new(directory, None, CancellationToken::new()).shown();
    let verified = verify(backup, &Arc::new(guard))?;
    verified.notes.iter().for_each(|note| output::note(note));
    Ok(verified)
}

fn restore_one(
    mut config: Config,
    directory: &BackupDir,
    arguments: RestoreArgs,
) -> anyhow::Result<()> {
    let backup = directory.find(&arguments.file)?;
    let verified = examine(&backup)?;
    let engine = verified.engine;
    if let Some(to) = arguments.to {
        anyhow::ensure!(
            engine == Engine::Sqlite,
            "--to is for SQLite; this is of {}",
            engine.as_str()
        );
        config.database.database = curt_store::DatabaseUrl::sqlite(to.join(SQLITE_FILE));
        config.server.data_dir = to;
    }
    let target = &config.database;
    anyhow::ensure!(
        engine == target.database.engine(),
        "the backup is of {}, the configured database is {}",
        engine.as_str(),
        target.database
    );
    let secret = present_secret(std::mem::take(&mut config.keys), &config.server.data_dir)?;
    let fate = if arguments.forget_secret { None } else { secret.as_ref() };
    verified.check_suitable(fate).map_err(|unsuitable| {
        Refusal::because(format_args!("{}: {unsuitable}", backup.path.display()))
    })?;
    if let Some(path) = target.database.sqlite_path() {
        restore::check_absent(path)?;
    }
    let fate = if arguments.forget_secret { Secret::Forget } else { Secret::Check(fate) };
    // No server may run on the database that is about to come: its memory would be of another time.
    let lock = DataDir::open(&config.server.data_dir)?.lock()?;
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let tried = runtime.block_on(restore::restore(&backup, &verified, target, fate))?;
    drop(lock);

    let described = describe(&backup, verified.contents.as_ref());
    let mut text =
        format!("restored {} from {}: {described}\n", target.database, backup.path.display());
    if 0 < tried {
        writeln!(text, "looked up {tried} links at random: all are there")?;
    }
    output::result(&text)?;
    if secret.is_none() && !arguments.forget_secret {
        let file = config.server.data_dir.join(SECRET_KEY_FILE);
        let file = file.display();
        output::note(&format!(
            "there is no {file}; put the one of this deployment there before the server starts, or \
             restore with --forget-secret if it is lost"
        ));
    }
    Ok(())
}

/// The configured secret, or else the one in the data directory; `None` if there is none yet.
fn present_secret(supplied: KeysConfig, data_dir: &Path) -> anyhow::Result<Option<SecretKey>> {
    match supplied.secret_key {
        Some(secret) => Ok(Some(secret)),
        None => kept_secret(data_dir),
    }
}

fn describe(backup: &Backup, contents: Option<&Contents>) -> String {
    let mut text = String::new();
    if let Some(contents) = contents {
        let newest = contents.newest_change.map_or("none".to_owned(), |at| at.to_string());
        let Contents { links, deleted, schema, .. } = contents;
        let links = text::count(*links, "link");
        text = format!("{links}, {deleted} deleted, newest change {newest}, tables at {schema}, ");
    }
    match backup.made_at {
        Some(at) => text + &format!("made {} ago", text::age(Clock::System.now().since(at))),
        None => text + "made at an unknown time",
    }
}
