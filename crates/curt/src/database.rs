//! Opens the database and brings it up to date, for the server and for commands.

use curt_domain::{Clock, SecretKey};
use curt_store::{
    CheckSecretError, ConnectError, MigrateError, MigrationStatus, Store, StoreMetrics,
    StoreSettings,
};

use crate::failure::Refusal;

/// Connects. What an operator has to fix is a [`Refusal`].
pub(crate) async fn connect(
    settings: &StoreSettings,
    metrics: StoreMetrics,
) -> anyhow::Result<Store> {
    Store::connect(settings, metrics).await.map_err(|error| not_connected(settings, error))
}

/// Connects for short work, which can still read on a full disk.
pub(crate) async fn connect_or_read(settings: &StoreSettings) -> anyhow::Result<Store> {
    let connected = Store::connect_or_read(settings, StoreMetrics::unregistered()).await;
    connected.map_err(|error| not_connected(settings, error))
}

fn not_connected(settings: &StoreSettings, error: ConnectError) -> anyhow::Error {
    let address = &settings.database;
    match error {
        ConnectError::Failed(error) => {
            anyhow::Error::new(error).context(format!("database {address}"))
        }
        refused => refuse(&anyhow::Error::new(refused).context(format!("database {address}"))),
    }
}

/// Applies pending migrations and returns their names.
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

/// Every migration, and whether this database has it.
pub(crate) async fn status(store: &Store) -> anyhow::Result<Vec<MigrationStatus>> {
    store.migrations().await.map_err(not_migrated)
}

fn not_migrated(error: MigrateError) -> anyhow::Error {
    match error {
        MigrateError::Foreign { .. } | MigrateError::Changed { .. } => refuse(&error.into()),
        MigrateError::Locked | MigrateError::Failed(_) => error.into(),
    }
}

/// All causes in one line.
fn refuse(error: &anyhow::Error) -> anyhow::Error {
    Refusal::because(format_args!("{error:#}")).into()
}
