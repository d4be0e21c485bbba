//! The database and the secret for a command, beside servers that may be using both.
//!
//! No lock is taken: databases have their own, and a key file appears whole or not at all.

use std::path::Path;

use anyhow::Context as _;
use curt_domain::{Clock, SecretKey};
use curt_store::{MigrationState, Store, StoreMetrics};

use crate::{
    config::Config,
    data_dir::DataDir,
    database,
    failure::{Exit, Failure, Refusal},
    keys,
};

/// What a command does when there is no database yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Makes what is missing, as the server does on its first start, and migrates what is there.
    Fresh,
    /// Makes and migrates nothing: without a database there is nothing to ask.
    Existing,
}

/// Connected, and with the tables of this release.
pub(crate) async fn store(config: &Config, start: Start) -> anyhow::Result<Store> {
    let data_dir = &config.server.data_dir;
    if let Some(path) = config.database.database.sqlite_path() {
        if start == Start::Existing {
            let is_there = path.try_exists();
            // The file usually belongs to another user then; to say that it has no links would be
            // wrong.
            let looking = || format!("looking for the database {}", path.display());
            if !is_there.with_context(looking)? {
                return Err(nothing_there(path.display()));
            }
        }
        // Checked before the first file is made in it: a file of another user would lock the server
        // out.
        if path.starts_with(data_dir) {
            DataDir::open(data_dir)?;
        }
    }
    let store = match start {
        Start::Fresh => database::connect(&config.database, StoreMetrics::unregistered()).await?,
        Start::Existing => database::connect_or_read(&config.database).await?,
    };
    let ready = match start {
        Start::Fresh => database::migrate(&store, &Clock::System).await.map(drop),
        Start::Existing => check_tables(config, &store).await,
    };
    match ready {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Reads the existing database, which is closed before this returns.
pub(crate) fn with_store<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("starting the async runtime")?.block_on(async {
        let store = store(config, Start::Existing).await?;
        let answer = work(&store).await;
        store.close().await;
        answer
    })
}

/// A question migrates nothing: a user who looks at a list does not expect to change a database.
async fn check_tables(config: &Config, store: &Store) -> anyhow::Result<()> {
    let statuses = database::status(store).await?;
    let is_missing = |state| matches!(state, MigrationState::Pending | MigrationState::Interrupted);
    if statuses.iter().all(|status| status.state == MigrationState::Pending) {
        return Err(nothing_there(&config.database.database));
    }
    if statuses.iter().any(|status| is_missing(status.state)) {
        let words = "has the tables of an earlier release; run `curt db migrate`";
        let address = &config.database.database;
        return Err(Refusal::because(format_args!("database {address} {words}")).into());
    }
    Ok(())
}

fn nothing_there(place: impl std::fmt::Display) -> anyhow::Error {
    let words = "has no links yet; the server and `curt links add` make the database";
    Failure::new(Exit::NotFound, format_args!("{place} {words}")).into()
}

/// The secret that the database's codes were made with.
pub(super) async fn secret(
    config: &mut Config,
    store: &Store,
    start: Start,
) -> anyhow::Result<SecretKey> {
    let supplied = config.keys.secret_key.take();
    let secret = match supplied {
        Some(secret) => secret,
        None => kept_secret(&config.server.data_dir, store, start).await?,
    };
    database::check_secret(store, &secret).await?;
    Ok(secret)
}

/// A new secret is made for a new database only. Beside a database that has a secret already, it
/// would be the wrong one, and it would stay there.
async fn kept_secret(data_dir: &Path, store: &Store, start: Start) -> anyhow::Result<SecretKey> {
    if let Some(secret) = keys::kept_secret(data_dir)? {
        return Ok(secret);
    }
    if start == Start::Existing || store.has_secret().await? {
        let words = "the database belongs to a secret key that is not here";
        let place = data_dir.display();
        let advice =
            format_args!("set CURT_SECRET_KEY as the server has it, or --data-dir ({place})");
        return Err(Refusal::because(format_args!("{words}; {advice}")).into());
    }
    keys::secret(&DataDir::open(data_dir)?)
}
