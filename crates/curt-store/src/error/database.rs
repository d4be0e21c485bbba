//! Database failures, sorted by what a caller can do about them.

use std::{error::Error, fmt, sync::Arc};

/// A failed statement or transaction. Cheap to clone: a failed commit answers many jobs.
#[derive(Debug, Clone)]
pub(crate) struct DbError {
    kind: DbErrorKind,
    source: Arc<dyn Error + Send + Sync>,
}

/// The distinctions that a caller acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DbErrorKind {
    UniqueViolation,
    /// Not null, check or foreign key.
    OtherConstraint,
    /// The disk or the tablespace is full; it may have room again later.
    StorageFull,
    /// Local storage reported an I/O error or damage, now or at an earlier write.
    StorageFailed,
    /// No connection, no room in a queue, a read-only standby, or a commit whose answer was lost.
    Unavailable,
    /// A statement, a transaction or a wait for a lock took too long.
    TimedOut,
    /// The database aborted this transaction so that another can go on: run it again.
    Serialization,
    /// A table, column or index already exists, or is already gone.
    AlreadyDone,
    Other,
}

impl DbError {
    pub(crate) fn new(kind: DbErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, source: Arc::from(source.into()) }
    }

    pub(crate) fn unavailable(why: &'static str) -> Self {
        Self::new(DbErrorKind::Unavailable, why)
    }

    /// A row that every database of ours has is missing.
    pub(crate) fn row_missing() -> Self {
        Self::new(DbErrorKind::Other, "a row that must be there is missing")
    }

    /// A row holds data that this release cannot interpret.
    pub(crate) fn unreadable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(DbErrorKind::Other, source)
    }

    pub(crate) fn kind(&self) -> DbErrorKind {
        self.kind
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_message())
    }
}

/// By hand, because the derived source would be the `Arc` and not the driver's error.
impl Error for DbError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

impl DbErrorKind {
    /// Whether the statement alone failed, and the transaction around it is as it was before.
    pub(crate) fn is_constraint(self) -> bool {
        matches!(self, Self::UniqueViolation | Self::OtherConstraint)
    }

    /// The name in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UniqueViolation => "unique_violation",
            Self::OtherConstraint => "other_constraint",
            Self::StorageFull => "storage_full",
            Self::StorageFailed => "storage_failed",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Serialization => "serialization",
            Self::AlreadyDone => "already_done",
            Self::Other => "other",
        }
    }

    const fn as_message(self) -> &'static str {
        match self {
            Self::UniqueViolation => "a unique value is taken",
            Self::OtherConstraint => "a constraint of the table refused the row",
            Self::StorageFull => "the database's storage is full",
            Self::StorageFailed => "the database's storage failed",
            Self::Unavailable => "the database is not available",
            Self::TimedOut => "the database took too long",
            Self::Serialization => "the transaction met another one",
            Self::AlreadyDone => "the table is changed already",
            Self::Other => "the database refused",
        }
    }

    /// PostgreSQL's codes, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    pub(crate) fn of_sqlstate(code: &str) -> Self {
        match code {
            "23505" => Self::UniqueViolation,
            "40001" | "40P01" => Self::Serialization,
            "53100" => Self::StorageFull,
            // Cancelled by statement_timeout; lock_timeout; idle in transaction for too long.
            "57014" | "55P03" | "25P03" => Self::TimedOut,
            // A standby after a failover takes no writes.
            "25006" => Self::Unavailable,
            "42P07" | "42701" | "42710" => Self::AlreadyDone,
            // No memory or connections left; being shut down, started or restarted; connection
            // lost.
            _ if ["53", "57P", "08"].iter().any(|class| code.starts_with(class)) => {
                Self::Unavailable
            }
            _ if code.starts_with("23") => Self::OtherConstraint,
            _ => Self::Other,
        }
    }

    /// MySQL's and MariaDB's error numbers, which say more than their SQLSTATEs.
    pub(crate) fn of_mysql(number: u16) -> Self {
        match number {
            1062 | 1586 => Self::UniqueViolation,
            // Null, parent and child rows, checks (MySQL's and MariaDB's numbers), no default.
            1048 | 1216 | 1217 | 1364 | 1451 | 1452 | 3819 | 4025 => Self::OtherConstraint,
            // A deadlock; MariaDB's snapshot that changed since it was read.
            1213 | 1020 => Self::Serialization,
            1021 | 1114 => Self::StorageFull,
            // Waited for a lock; interrupted by max_execution_time or max_statement_time.
            1205 | 1317 | 1969 | 3024 => Self::TimedOut,
            // Connections, shutdown, read-only after a failover, killed.
            1040 | 1053 | 1129 | 1203 | 1290 | 1836 | 1927 => Self::Unavailable,
            // Table, column or key exists; column or key is gone.
            1050 | 1060 | 1061 | 1091 => Self::AlreadyDone,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
