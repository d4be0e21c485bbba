//! Whole databases: creating and dropping them for set-up scripts and tests, and checking them from
//! outside. A running node does none of this.

use super::{database_url::DatabaseUrl, server, sqlite};
use crate::error::StoreError;

impl DatabaseUrl {
    /// Creates an empty database beside the one this address names; `None` for SQLite, which needs
    /// only a new file.
    pub async fn create_sibling(&self, name: &str) -> Result<Option<Self>, StoreError> {
        let Some(sibling) = self.with_database(name) else { return Ok(None) };
        let created = server::create_database(self, name).await;
        created.map_err(StoreError::while_doing("creating a database"))?;
        Ok(Some(sibling))
    }

    /// Problems of an SQLite file: reads every page, row and index, which takes seconds per
    /// gigabyte and keeps no writer waiting. Empty if there are none; `None` for a database server,
    /// which has its own tools.
    pub fn integrity_problems(&self) -> Result<Option<Vec<String>>, StoreError> {
        let Some(path) = self.sqlite_path() else { return Ok(None) };
        let problems = sqlite::integrity_problems(path);
        problems.map(Some).map_err(StoreError::while_doing("checking the database"))
    }

    /// Drops a database beside the one this address names, with all its data.
    pub async fn drop_sibling(&self, name: &str) -> Result<(), StoreError> {
        let dropped = server::drop_database(self, name).await;
        dropped.map_err(StoreError::while_doing("dropping a database"))
    }
}
