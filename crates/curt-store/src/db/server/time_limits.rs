//! How long a server may take to answer, as seen from here.

use std::time::Duration;

use tokio::time::error::Elapsed;

use crate::error::{DbError, DbErrorKind};

/// How long the first connection may take: a server that starts at the same time is waited for
/// by whoever starts us.
pub(super) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a body, a single statement, a BEGIN, COMMIT or ROLLBACK, or the goodbye may take as
/// seen from here: a little more than the limits that the server itself keeps, so that only a hung
/// network is cut off here.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(12);

pub(super) fn timed_out(elapsed: Elapsed) -> DbError {
    DbError::new(DbErrorKind::TimedOut, elapsed)
}
