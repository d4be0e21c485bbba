//! The error that leaves this crate: opaque except for what an HTTP answer needs to know.

mod database;

pub(crate) use database::{DbError, DbErrorKind};

/// The database failed. The message says what we were doing; the source says why.
#[derive(Debug, thiserror::Error)]
#[error("{doing} failed")]
pub struct StoreError {
    doing: &'static str,
    source: DbError,
}

/// What a caller can tell its own caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The disk is full: reads go on, writes may work again later.
    StorageFull,
    /// The database cannot be reached or is overloaded: try again later. The outcome of a write
    /// may be unknown.
    Unavailable,
    /// Retrying does not help: a bug, or failed local storage, after which writes stay refused
    /// until a restart.
    Internal,
}

impl StoreError {
    pub(crate) fn new(doing: &'static str, source: DbError) -> Self {
        Self { doing, source }
    }

    /// For `map_err`: `.map_err(StoreError::while_doing("creating a link"))`.
    pub(crate) fn while_doing(doing: &'static str) -> impl FnOnce(DbError) -> Self {
        move |source| Self::new(doing, source)
    }

    pub fn kind(&self) -> StoreErrorKind {
        match self.source.kind() {
            DbErrorKind::StorageFull => StoreErrorKind::StorageFull,
            DbErrorKind::Unavailable | DbErrorKind::TimedOut | DbErrorKind::Serialization => {
                StoreErrorKind::Unavailable
            }
            DbErrorKind::UniqueViolation
            | DbErrorKind::OtherConstraint
            | DbErrorKind::StorageFailed
            | DbErrorKind::AlreadyDone
            | DbErrorKind::Other => StoreErrorKind::Internal,
        }
    }
}
