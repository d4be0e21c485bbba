//! A transaction on its way through SQLite's writer: body, input, outcome, and the waiting caller.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use tokio::sync::oneshot;

use super::{
    body::{self, Body},
    patience::Patience,
    sqlite::Connection,
    tx::Tx,
};
use crate::error::{DbError, DbErrorKind};

/// The writer's view of a job; only the caller knows its types.
pub(in crate::db) trait Job: Send {
    fn isolation(&self) -> Isolation;

    /// Runs the body inside the open transaction and keeps its outcome. May be called again.
    fn run(&mut self, connection: &mut Connection) -> Ran;

    /// How the database failed in the latest run, if it did.
    fn failure(&self) -> Option<DbErrorKind>;

    /// Sends the caller the outcome of the latest run, unless the transaction itself failed.
    fn answer(self: Box<Self>, fate: Result<(), DbError>);
}

/// How the writes of a refused job are undone within the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Isolation {
    /// The job is one statement, which SQLite undoes by itself.
    Statement,
    Savepoint,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Ran {
    /// The job's writes are to be kept.
    Done,
    /// Its body or a constraint refused it: its writes are to be undone, nothing else is affected.
    Refused,
    /// The database failed, and perhaps the whole transaction with it.
    Broken,
    /// Like `Broken`, but running it again would end the same way.
    Hopeless,
}

pub(in crate::db) struct BodyJob<I, T, E> {
    name: &'static str,
    isolation: Isolation,
    patience: Patience,
    input: I,
    body: Body<I, T, E>,
    failure: Option<DbErrorKind>,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<I, T, E> BodyJob<I, T, E> {
    pub(in crate::db) fn new(
        name: &'static str,
        isolation: Isolation,
        patience: Patience,
        input: I,
        body: Body<I, T, E>,
        answer: oneshot::Sender<Result<T, E>>,
    ) -> Self {
        Self { name, isolation, patience, input, body, failure: None, outcome: None, answer }
    }
}

impl<I, T, E> Job for BodyJob<I, T, E>
where
    I: Send + Sync,
    T: Send,
    E: From<DbError> + Send,
{
    fn isolation(&self) -> Isolation {
        self.isolation
    }

    fn run(&mut self, connection: &mut Connection) -> Ran {
        let limited = connection.limit_time(self.patience.body_time_max());
        let mut tx = Tx::on_sqlite(connection);
        let outcome = limited.map_err(E::from).and_then(|()| {
            // A panic leaves behind only a connection that the writer rolls back.
            let run = || finish_now(body::run(&mut tx, &self.input, self.body));
            catch_unwind(AssertUnwindSafe(run))
                .unwrap_or_else(|panic| Err(body::panicked(self.name, &*panic).into()))
        });
        self.failure = tx.failure();
        let unlimited = connection.limit_time(None);
        let ran = match (&outcome, self.failure) {
            _ if unlimited.is_err() => Ran::Broken,
            // It exceeded its time once, so it would again, and keep all others waiting.
            (_, Some(DbErrorKind::TimedOut)) => Ran::Hopeless,
            (_, Some(kind)) if !kind.is_constraint() => Ran::Broken,
            (Ok(_), _) => Ran::Done,
            (Err(_), _) => Ran::Refused,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn failure(&self) -> Option<DbErrorKind> {
        self.failure
    }

    fn answer(self: Box<Self>, fate: Result<(), DbError>) {
        let answer = match (fate, self.outcome) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => unreachable!("a job that did not run has failed"),
        };
        // The caller may be gone; the outcome stands all the same.
        drop(self.answer.send(answer));
    }
}

/// A body awaits only its `Tx`, which is ready at once on the writer's thread.
fn finish_now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a transaction waited for something other than the database"),
    }
}
