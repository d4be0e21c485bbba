//! How long a server may take to answer, measured here.

use std::time::Duration;

use tokio::time::error::Elapsed;

use crate::error::{DbError, DbErrorKind};

/// How long the first connection may take. If the server starts at the same time, the supervisor
/// that starts this node has to wait for it.
pub(super) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a body, a single statement, a BEGIN, COMMIT or ROLLBACK, or closing may take as
/// measured here: a little more than the server's own limits, so that this cuts off only a hung
/// network.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(12);

pub(super) fn timed_out(elapsed: Elapsed) -> DbError {
    DbError::new(DbErrorKind::TimedOut, elapsed)
}
