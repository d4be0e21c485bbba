//! What a transaction does, and how any engine runs it up to its COMMIT.

use std::{any::Any, pin::Pin};

use super::{
    announcements::{CHANGES_PER_TRANSACTION_MAX, announce},
    tx::Tx,
};
use crate::error::{DbError, DbErrorKind};

/// The future that a body returns. On SQLite it never waits: it runs on the writer's thread.
pub(crate) type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// What a transaction does. A plain function of its input, because it may run more than once:
/// after a serialization failure, or alone after its batch was abandoned.
///
/// It awaits only its `Tx`, and returns an error when a statement failed: on PostgreSQL such a
/// transaction is lost anyway. [`Tx::execute_unless`] is for expected failures.
pub(crate) type Body<I, T, E> = for<'t, 'c> fn(&'t mut Tx<'c>, &'t I) -> Work<'t, T, E>;

/// Runs the body and the statements between it and COMMIT.
pub(in crate::db) async fn run<I, T, E: From<DbError>>(
    tx: &mut Tx<'_>,
    input: &I,
    body: Body<I, T, E>,
) -> Result<T, E> {
    let value = body(tx, input).await?;
    if let Some(kind) = tx.failure() {
        let bug = "the transaction went on after a failed statement";
        return Err(DbError::new(kind, bug).into());
    }
    let changes = tx.take_changes();
    if CHANGES_PER_TRANSACTION_MAX < changes.len() {
        let bug = format!("{} changes in one transaction", changes.len());
        return Err(DbError::new(DbErrorKind::Other, bug).into());
    }
    announce(tx, &changes).await?;
    Ok(value)
}

/// The caller's error for a body that panicked. The panic's own message is already in the log.
pub(in crate::db) fn panicked(name: &'static str, panic: &(dyn Any + Send)) -> DbError {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or(panic.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    DbError::new(DbErrorKind::Other, format!("the transaction {name} panicked: {message}"))
}
