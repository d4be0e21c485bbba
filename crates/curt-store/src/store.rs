//! The store itself: connected once, cloned freely, closed at the end.

use std::sync::Arc;

use curt_domain::{Caller, Clock, Timestamp};

use crate::{
    attribution::{Attribution, AuditIds},
    db::{ConnectError, Db, Engine, Sql, StoreMetrics, StoreSettings},
    error::{StoreError, StoreErrorKind},
    migrations::{self, MigrateError, MigrationStatus},
};

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Arc<Db>,
    audit_ids: AuditIds,
}

const PING: Sql = Sql::new("select 1");

impl Store {
    fn on(db: Db) -> Self {
        Self { db: Arc::new(db), audit_ids: AuditIds::new() }
    }

    /// Connects, and refuses a server that never syncs. A server that syncs later than it
    /// acknowledges is its operator's choice, so it is only warned about. An SQLite file is created
    /// if it is absent; tables change only in [`Store::migrate`].
    pub async fn connect(
        settings: &StoreSettings,
        metrics: StoreMetrics,
    ) -> Result<Self, ConnectError> {
        Ok(Self::on(Db::connect(settings, metrics).await?))
    }

    /// Connects, or reads an SQLite database whose disk is too full for [`Store::connect`]. In that
    /// case no other process can use the database and all writes are refused, so it is for short
    /// work.
    pub async fn connect_or_read(
        settings: &StoreSettings,
        metrics: StoreMetrics,
    ) -> Result<Self, ConnectError> {
        let connected = Self::connect(settings, metrics.clone()).await;
        let full = |error: &ConnectError| match error {
            ConnectError::Failed(error) => error.kind() == StoreErrorKind::StorageFull,
            _ => false,
        };
        match (connected, settings.database.sqlite_path()) {
            (Err(error), Some(path)) if full(&error) => match Db::open_alone(path, metrics) {
                Ok(db) => Ok(Self::on(db)),
                // The first error says more.
                Err(_) => Err(error),
            },
            (connected, _) => connected,
        }
    }

    /// Brings the tables to what this release expects; returns the migrations that it applied.
    pub async fn migrate(&self, clock: &Clock) -> Result<Vec<&'static str>, MigrateError> {
        migrations::migrate(&self.db, clock).await
    }

    /// Every migration and its state, in order. Changes nothing.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, MigrateError> {
        migrations::status(&self.db).await
    }

    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.db.row(PING, &[]).await;
        answer.map(drop).map_err(StoreError::while_doing("asking the database for a sign of life"))
    }

    /// Whether the local disk failed. Reads go on, writes are refused until a restart: the state of
    /// the disk after a failed sync is unknown.
    pub fn storage_failed(&self) -> bool {
        self.db.storage_failed()
    }

    /// Finishes the running transactions and closes the database. Later calls are errors.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// The attribution for a transaction's rows of the audit log.
    pub(crate) fn attribute(&self, caller: &Caller, at: Timestamp) -> Attribution {
        Attribution::new(caller.clone(), at, self.audit_ids.clone())
    }
}
