//! Creating and dropping whole databases, for set-up scripts and tests. A running node does
//! neither.

use crate::{DatabaseUrl, StoreError, db};

impl DatabaseUrl {
    /// Creates an empty database beside the one this address names; `None` for SQLite, where a
    /// new file does.
    pub async fn create_sibling(&self, name: &str) -> Result<Option<Self>, StoreError> {
        let Some(sibling) = self.with_database(name) else { return Ok(None) };
        let created = db::create_database(self, name).await;
        created.map_err(StoreError::while_doing("creating a database"))?;
        Ok(Some(sibling))
    }

    /// Drops a database beside the one this address names, with all that is in it.
    pub async fn drop_sibling(&self, name: &str) -> Result<(), StoreError> {
        let dropped = db::drop_database(self, name).await;
        dropped.map_err(StoreError::while_doing("dropping a database"))
    }
}
