//! The SQL database: SQLite, PostgreSQL, MySQL and MariaDB. The only crate that names SQL drivers.
//!
//! One text per statement and one closure per transaction serve all engines; `db` hides which one
//! it is. An acknowledged write survives the death of the process and a power cut.
//!
//! The modules, from the ground up; each uses only those above it in this list:
//!
//! - `error`: the meaning of a driver's failure, and the error that leaves this crate
//! - `pages`: the length, order and cursors of lists, and searching them for a text
//! - `db`: connections, statements, transactions, and the announcements of their changes
//! - `migrations`: the tables that this release expects
//! - `attribution`: the author of a change; the writing half of the audit log
//! - `store`: the [`Store`] itself, to which every module below adds methods
//! - `ids`: numbers for what is new, reserved in blocks
//! - `audit`, `changes`: reading the audit log and the changes feed
//! - `meta`: the fingerprint of the secret key, and the nodes
//! - `replays`: answers that are given again
//! - `owners`: links that change owners
//! - `clicks`: counting what the journals hold
//! - `links`: links, their versions, tags, lists and erasure
//! - `accounts`: users, logins, API keys and invitations
//! - `ip_blocks`, `target_blocks`: blocked clients and blocked destinations
//! - `reports`: reports of abuse, and the decisions on them
//! - `backups`: copies of an SQLite file, and what a database holds

mod accounts;
mod attribution;
mod audit;
mod backups;
mod changes;
mod clicks;
mod db;
mod error;
mod ids;
mod ip_blocks;
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
    KeyRecord, LinksOf, NewInvite, NewKey, NewLogin, NewUser, REFRESH_FAMILY_AGE_MAX, REUSE_GRACE,
    Rotation, UserPage, UserQuery,
};
pub use attribution::Action;
pub use audit::{AuditPage, AuditQuery, AuditRecord};
pub use backups::{Contents, InspectError, checkpoint_wal, copy_sqlite, inspect_sqlite};
pub use changes::{Change, Changes};
pub use clicks::{
    AddClicksError, CLICK_ROWS_MAX, ClickBatch, ClickLosses, JournalMark, LinkClicks, MarkMove,
};
pub use db::{
    CONNECTIONS_MAX_DEFAULT, ChangeKind, ConnectError, DatabaseUrl, Engine, InvalidDatabaseUrl,
    ProgressGuard, StoreMetrics, StoreSettings,
};
pub use error::{StoreError, StoreErrorKind};
pub use ip_blocks::{AddIpBlockError, BLOCKS_AT_ONCE_MAX, NewIpBlock};
pub use links::{
    CreateLinkError, CreateLinksError, EditLinkError, ExpectedRevision, LINKS_AT_ONCE_MAX,
    LinkPage, LinkQuery, LinkVersion, RESTORE_WINDOW,
};
pub use meta::CheckSecretError;
pub use migrations::{MigrateError, MigrationState, MigrationStatus, newest_migration};
pub use pages::{Cursor, InvalidCursor, LinkSort, ListError, PAGE_LEN_MAX};
pub use replays::{NewReplay, REPLAY_KEY_LEN_MAX, Replay};
pub use reports::{
    AbuseLink, NewReport, OPEN_REPORTS_MAX, REPORT_PAGE_LEN_MAX, Report, Resolution,
};
pub use store::Store;
pub use target_blocks::{
    BLOCK_PAGE_LEN_MAX, BlockTargetsError, LinkHits, NewTargetBlocks, TargetBlock,
    TargetBlockSource,
};

#[cfg(test)]
mod tests;
