//! How long a transaction may take.

use std::time::Duration;

/// Time that a transaction's body has on SQLite, where it keeps all other writes waiting.
const SQLITE_BODY_TIME_MAX: Duration = Duration::from_secs(1);

/// How long a transaction may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Patience {
    /// A request waits for it.
    Request,
    /// It may rebuild a table or read all of it, and no request waits for it.
    Migration,
}

impl Patience {
    pub(in crate::db) fn body_time_max(self) -> Option<Duration> {
        match self {
            Self::Request => Some(SQLITE_BODY_TIME_MAX),
            Self::Migration => None,
        }
    }
}
