//! SQLite's one writer: a thread that owns the writing connection and commits in groups.
//!
//! It takes every waiting job, runs each inside one transaction, and answers all of them after the
//! one COMMIT; no job is answered before.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use super::{
    body::Body,
    database_url::Engine,
    jobs::{BodyJob, Isolation, Job, Ran},
    metrics::StoreMetrics,
    patience::Patience,
    sqlite::Connection,
};
use crate::error::{DbError, DbErrorKind};

/// Jobs that may wait for the writer. So many are about 0.2 s of work. Waiting for room as well
/// would only add to an overload, so a further job is refused at once.
const QUEUE_LEN_MAX: usize = 4_096;

/// Jobs that share a COMMIT. More would gain nothing: the sync then costs under 1 µs a job.
const BATCH_LEN_MAX: usize = 256;

/// A batch takes no further job after this time, so that the first is not kept waiting.
const BATCH_TIME_MAX: Duration = Duration::from_millis(50);

/// As for `nice`: redirects come first where all share one core. (Measured there with a drain that
/// writes as fast as it can: 30 to 50 % more redirects of uncached links, and a p99 of 4.5 instead
/// of 5.5 ms.) The writer still manages thousands of creates a second.
const NICENESS: i32 = 10;

/// The handle through which jobs reach the writer's thread; clones share the thread.
#[derive(Clone)]
pub(in crate::db) struct Writer {
    queue: Sender<Message>,
    storage: Arc<Storage>,
    metrics: StoreMetrics,
}

enum Message {
    Run(Box<dyn Job>),
    Stop,
}

/// Whether the disk can still be trusted with writes.
///
/// After an I/O error on COMMIT the state of the disk is unknown: the kernel drops what it failed
/// to write, and the next sync succeeds. So writes stay refused until a restart.
#[derive(Debug, Default)]
struct Storage {
    failed: AtomicBool,
}

impl Writer {
    pub(in crate::db) fn start(
        connection: Connection,
        metrics: StoreMetrics,
    ) -> (Self, thread::JoinHandle<()>) {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE_LEN_MAX);
        let storage = Arc::new(Storage::default());
        let desk = WriterThread {
            connection,
            jobs,
            storage: Arc::clone(&storage),
            metrics: metrics.clone(),
            stopping: false,
        };
        let thread = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                // Lowering the priority needs no privilege.
                rustix::process::setpriority_process(None, NICENESS).ok();
                desk.run();
            })
            .expect("a thread can be started while the program starts");
        (Self { queue, storage, metrics }, thread)
    }

    /// Hands a job over and waits for its answer. Dropping the future does not cancel the job.
    pub(in crate::db) async fn run<I, T, E>(
        &self,
        name: &'static str,
        isolation: Isolation,
        patience: Patience,
        input: I,
        body: Body<I, T, E>,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = BodyJob::new(name, isolation, patience, input, body, answer);
        self.enqueue(Box::new(job))?;
        let stopped = |_| Err(DbError::unavailable("SQLite's writer has stopped").into());
        answered.await.unwrap_or_else(stopped)
    }

    pub(in crate::db) fn storage_failed(&self) -> bool {
        self.storage.has_failed()
    }

    /// Ends the thread after the jobs that already wait.
    pub(in crate::db) fn stop(&self) {
        // A failed send means that the thread has ended.
        self.queue.send(Message::Stop).unwrap_or_default();
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        // Before sending, because the thread might take the job at once.
        self.metrics.writer_queue_len().inc();
        self.queue.try_send(Message::Run(job)).map_err(|error| {
            self.metrics.writer_queue_len().dec();
            DbError::unavailable(match error {
                TrySendError::Full(_) => "SQLite's writer has too much to do",
                TrySendError::Disconnected(_) => "SQLite's writer has stopped",
            })
        })
    }
}

impl Storage {
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn fail(&self, error: &DbError) {
        self.failed.store(true, Ordering::Relaxed);
        let error: &dyn std::error::Error = error;
        tracing::error!(error, "the storage failed: no writes until a restart");
    }
}

struct WriterThread {
    connection: Connection,
    jobs: Receiver<Message>,
    storage: Arc<Storage>,
    metrics: StoreMetrics,
    stopping: bool,
}

impl Drop for WriterThread {
    /// A panic must not leave a node that looks ready to write.
    fn drop(&mut self) {
        if thread::panicking() {
            self.storage.failed.store(true, Ordering::Relaxed);
        }
    }
}

/// A batch after its jobs have run.
///
/// A savepoint undoes a job that a constraint or its own body refused. Any other failure may have
/// ended the whole transaction (a full disk does), so it abandons the batch.
enum Batch {
    /// To be committed.
    Whole(Vec<Box<dyn Job>>),
    /// Lost with its transaction. All but the hopeless one may run again.
    Abandoned { again: Vec<Box<dyn Job>>, hopeless: Option<Box<dyn Job>> },
}

impl WriterThread {
    fn run(mut self) {
        while !self.stopping
            && let Ok(Message::Run(job)) = self.jobs.recv()
        {
            self.taken();
            self.commit_batch(job);
            self.checkpoint();
        }
    }

    fn commit_batch(&mut self, first: Box<dyn Job>) {
        if let Err(error) = self.begin() {
            // The jobs that wait now would fail the same way, after as long a wait. Jobs that
            // arrive after the first answer may succeed, so only the present ones are refused.
            let waiting = self.jobs.len();
            self.refuse(first, &error);
            for _ in 0..waiting {
                let Some(job) = self.next_job() else { break };
                self.refuse(job, &error);
            }
            return;
        }
        match self.run_batch(first) {
            Batch::Whole(jobs) => {
                self.metrics.observe_batch(jobs.len());
                let fate = self.commit();
                for job in jobs {
                    self.answer(job, fate.clone());
                }
            }
            Batch::Abandoned { again, hopeless } => {
                self.roll_back();
                if let Some(job) = hopeless {
                    self.answer(job, Ok(()));
                }
                for job in again {
                    self.run_alone(job);
                }
            }
        }
    }

    fn run_batch(&mut self, first: Box<dyn Job>) -> Batch {
        let started = Instant::now();
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            match self.run_in_savepoint(&mut *job) {
                Ran::Done | Ran::Refused => jobs.push(job),
                Ran::Broken => {
                    jobs.push(job);
                    return Batch::Abandoned { again: jobs, hopeless: None };
                }
                Ran::Hopeless => {
                    return Batch::Abandoned { again: jobs, hopeless: Some(job) };
                }
            }
            let has_room = jobs.len() < BATCH_LEN_MAX && started.elapsed() < BATCH_TIME_MAX;
            next = if has_room { self.next_job() } else { None };
        }
        Batch::Whole(jobs)
    }

    fn run_in_savepoint(&mut self, job: &mut dyn Job) -> Ran {
        // SQLite itself undoes a single statement that fails.
        let Isolation::Savepoint = job.isolation() else {
            return job.run(&mut self.connection);
        };
        if self.connection.begin_job().is_err() {
            return Ran::Broken;
        }
        let ran = job.run(&mut self.connection);
        let ended = match ran {
            Ran::Done => self.connection.keep_job(),
            Ran::Refused => self.connection.undo_job(),
            Ran::Broken | Ran::Hopeless => return ran,
        };
        if ended.is_ok() { ran } else { Ran::Broken }
    }

    /// Runs one job of an abandoned batch in its own transaction.
    fn run_alone(&mut self, mut job: Box<dyn Job>) {
        if let Err(error) = self.begin() {
            return self.refuse(job, &error);
        }
        let fate = match job.run(&mut self.connection) {
            Ran::Done => self.commit(),
            Ran::Refused | Ran::Broken | Ran::Hopeless => {
                self.roll_back();
                Ok(())
            }
        };
        self.answer(job, fate);
    }

    fn begin(&self) -> Result<(), DbError> {
        if self.storage.has_failed() {
            let why = "the storage failed earlier: no writes until a restart";
            return Err(DbError::new(DbErrorKind::StorageFailed, why));
        }
        self.connection.begin()
    }

    fn commit(&self) -> Result<(), DbError> {
        let committed = self.connection.commit();
        if let Err(error) = &committed {
            if error.kind() == DbErrorKind::StorageFailed {
                self.storage.fail(error);
            }
            self.roll_back();
        }
        committed
    }

    /// **Invariant:** afterwards no transaction is open, or all further writes are refused.
    fn roll_back(&self) {
        if self.connection.in_transaction()
            && let Err(error) = self.connection.rollback()
        {
            self.storage.fail(&error);
        }
    }

    fn checkpoint(&self) {
        if self.storage.has_failed() {
            return;
        }
        match self.connection.checkpoint_when_due() {
            Ok(()) => {}
            Err(error) if error.kind() == DbErrorKind::StorageFailed => self.storage.fail(&error),
            // The disk is full or the database busy: the WAL grows until the next attempt.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the write-ahead log was not copied into the database");
            }
        }
    }

    fn next_job(&mut self) -> Option<Box<dyn Job>> {
        match self.jobs.try_recv().ok()? {
            Message::Run(job) => {
                self.taken();
                Some(job)
            }
            Message::Stop => {
                self.stopping = true;
                None
            }
        }
    }

    fn taken(&self) {
        self.metrics.writer_queue_len().dec();
    }

    fn refuse(&self, job: Box<dyn Job>, error: &DbError) {
        self.answer(job, Err(error.clone()));
    }

    fn answer(&self, job: Box<dyn Job>, fate: Result<(), DbError>) {
        let failure = fate.as_ref().err().map(DbError::kind).or(job.failure());
        if let Some(kind) = failure {
            self.metrics.count_error(Engine::Sqlite, kind);
        }
        job.answer(fate);
    }
}

#[cfg(test)]
mod tests;
