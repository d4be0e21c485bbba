//! The meaning of SQLite's errors for a caller.

use rusqlite::{ErrorCode, ffi};

use crate::error::{DbError, DbErrorKind};

pub(super) fn is_not_a_database(error: &DbError) -> bool {
    let source = std::error::Error::source(error).and_then(|s| s.downcast_ref::<rusqlite::Error>());
    source.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::NotADatabase)
}

pub(super) fn db_error(error: rusqlite::Error) -> DbError {
    let kind = error.sqlite_error().copied().map_or(DbErrorKind::Other, kind);
    DbError::new(kind, error)
}

fn kind(error: ffi::Error) -> DbErrorKind {
    match (error.code, error.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ) => DbErrorKind::UniqueViolation,
        (ErrorCode::ConstraintViolation, _) => DbErrorKind::OtherConstraint,
        // No room to grow the shared-memory file: not durable storage, and not broken.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => DbErrorKind::StorageFull,
        (ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            DbErrorKind::StorageFailed
        }
        (
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted,
            _,
        ) => DbErrorKind::TimedOut,
        (ErrorCode::ReadOnly | ErrorCode::CannotOpen, _) => DbErrorKind::Unavailable,
        _ => DbErrorKind::Other,
    }
}
