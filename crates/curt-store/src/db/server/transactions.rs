//! A transaction on a server: run, committed, and run again if it conflicted with another one.
//!
//! A COMMIT whose answer was lost is not tried again: it may have happened.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Server,
    pool::Pool,
    time_limits::{ANSWER_TIME_MAX, timed_out},
};
use crate::{
    db::{
        Tx,
        body::{self, Body},
        patience::Patience,
    },
    error::{DbError, DbErrorKind},
};

/// The time limit for a migration: enough for an index over a billion rows, but a weekend at most.
const MIGRATION_TIME_MAX: Duration = Duration::from_hours(48);

/// How often in all a transaction that conflicts with another one is run.
const ATTEMPTS_MAX: u32 = 6;

/// The wait before the second attempt, doubled for each further one, and shortened at random.
const BACKOFF: Duration = Duration::from_millis(10);

/// How one run of a transaction ended.
enum Attempt<T, E> {
    Ended(Result<T, E>),
    /// It conflicted with another transaction. The error is returned if this was the last attempt.
    MetAnother(E),
}

impl Server {
    /// Runs the transaction in a separate task, so that it ends even if its caller is dropped.
    pub(in crate::db) async fn transaction<I, T, E>(
        &self,
        name: &'static str,
        patience: Patience,
        input: I,
        body: Body<I, T, E>,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let server = self.clone();
        let attempts = async move {
            match patience {
                Patience::Request => {
                    server.attempts(&server.pool, ANSWER_TIME_MAX, name, &input, body).await
                }
                Patience::Migration => {
                    let pool = Pool::new(&server.options, 1, patience);
                    let result =
                        server.attempts(&pool, MIGRATION_TIME_MAX, name, &input, body).await;
                    pool.close().await;
                    result
                }
            }
        };
        match self.transactions.spawn(attempts).await {
            Ok(result) => result,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => Err(body::panicked(name, &*panic).into()),
                Err(_) => Err(DbError::unavailable("the program is stopping").into()),
            },
        }
    }

    async fn attempts<I, T, E: From<DbError>>(
        &self,
        pool: &Pool,
        time_max: Duration,
        name: &'static str,
        input: &I,
        body: Body<I, T, E>,
    ) -> Result<T, E> {
        for attempt in 1.. {
            let error = match self.attempt(pool, time_max, input, body).await {
                Attempt::Ended(result) => return result,
                Attempt::MetAnother(error) => error,
            };
            if attempt == ATTEMPTS_MAX {
                return Err(error);
            }
            self.metrics.count_retry(self.engine(), name);
            tokio::time::sleep(backoff(attempt)).await;
        }
        unreachable!("the last attempt returned")
    }

    async fn attempt<I, T, E: From<DbError>>(
        &self,
        pool: &Pool,
        time_max: Duration,
        input: &I,
        body: Body<I, T, E>,
    ) -> Attempt<T, E> {
        let mut begun = match pool.begin().await {
            Ok(begun) => begun,
            Err(error) => return Attempt::Ended(Err(self.counted(error).into())),
        };
        let mut tx = Tx::on_server(begun.connection());
        let ran = timeout(time_max, body::run(&mut tx, input, body)).await;
        let failure = tx.failure();
        match ran {
            Ok(Ok(value)) => match begun.commit().await {
                Ok(()) => Attempt::Ended(Ok(value)),
                Err(error) if error.kind() == DbErrorKind::Serialization => {
                    Attempt::MetAnother(error.into())
                }
                Err(error) => Attempt::Ended(Err(self.counted(error).into())),
            },
            Ok(Err(error)) => {
                begun.roll_back().await;
                if let Some(kind) = failure {
                    self.metrics.count_error(self.engine(), kind);
                }
                match failure {
                    Some(DbErrorKind::Serialization) => Attempt::MetAnother(error),
                    _ => Attempt::Ended(Err(error)),
                }
            }
            Err(elapsed) => Attempt::Ended(Err(self.counted(timed_out(elapsed)).into())),
        }
    }

    fn counted(&self, error: DbError) -> DbError {
        self.metrics.count_error(self.engine(), error.kind());
        error
    }
}

/// At random between half and all of it, so that two that conflicted do not conflict again.
fn backoff(attempt: u32) -> Duration {
    let whole = BACKOFF * 2_u32.pow(attempt - 1);
    let random = getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX));
    whole.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
pub(super) mod tests;
