//! The SQL database: SQLite, PostgreSQL, MySQL and MariaDB. The only crate that names SQL drivers.
//!
//! One text per statement and one closure per transaction serve all engines; `db` hides which one
//! it is. An acknowledged write survives the death of the process and a power cut.

mod accounts;
mod attribution;
mod audit;
mod backups;
mod blocks;
mod changes;
mod clicks;
mod db;
mod error;
mod ids;
mod links;
mod meta;
mod migrations;
mod owners;
mod pages;
mod replays;
mod reports;
mod store;
mod target_blocks;

pub use accounts::{
    Admission, ChangeUserError, CreateInviteError, CreateKeyError, CreateLoginError,
    CreateUserError, Credentials, DeleteUserError, INVITES_MAX, Invite, KEYS_PER_USER_MAX,
    KeyRecord, LinksOf, ListUsersError, NewInvite, NewKey, NewLogin, NewUser,
    REFRESH_FAMILY_AGE_MAX, REUSE_GRACE, Rotation, UserPage, UserQuery,
};
pub use attribution::Action;
pub use audit::{AuditPage, AuditQuery, AuditRecord, ListAuditError};
pub use backups::{Contents, InspectError, copy_sqlite, fold_sqlite_log, inspect_sqlite};
pub use blocks::{AddBlockError, BLOCKS_AT_ONCE_MAX, NewBlock};
pub use changes::{Change, Changes};
pub use clicks::{
    AddClicksError, CLICK_ROWS_MAX, ClickBatch, ClickLosses, JournalMark, LinkClicks, MarkMove,
};
pub use db::{
    CONNECTIONS_MAX_DEFAULT, ChangeKind, ConnectError, DatabaseUrl, Engine, InvalidDatabaseUrl,
    StoreMetrics, StoreSettings, Watch,
};
pub use error::{StoreError, StoreErrorKind};
pub use links::{
    CreateLinkError, CreateLinksError, EditLinkError, ExpectedRevision, LINKS_AT_ONCE_MAX,
    LinkPage, LinkQuery, LinkVersion, ListLinksError, RESTORE_WINDOW,
};
pub use meta::CheckSecretError;
pub use migrations::{MigrateError, MigrationState, MigrationStatus, newest_migration};
pub use pages::{Cursor, InvalidCursor, LinkSort, PAGE_LEN_MAX};
pub use replays::{NewReplay, REPLAY_KEY_LEN_MAX, Replay};
pub use reports::{
    AbuseLink, NewReport, OPEN_REPORTS_MAX, REPORT_PAGE_LEN_MAX, Report, Resolution,
};
pub use store::Store;
pub use target_blocks::{
    BLOCK_PAGE_LEN_MAX, BlockSource, BlockTargetsError, LinkHits, NewTargetBlocks, TargetBlock,
};

#[cfg(test)]
mod tests;
