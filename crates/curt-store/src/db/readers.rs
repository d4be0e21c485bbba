//! SQLite's readers: a few threads, each with its own connection that cannot write.
//!
//! They share one queue. When it is full a read is refused at once: the waiting reads are already
//! tens of milliseconds of work.

use std::{path::Path, thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use super::{Row, Sql, Value, sqlite::Connection};
use crate::error::DbError;

/// Enough that a slow list does not keep redirects waiting; each costs 2 MB of page cache.
const READERS: usize = 4;

/// Reads that may wait for a reader.
const QUEUE_LEN_MAX: usize = 4_096;

/// How long one read may take; only an export or a search over millions of links comes close.
const READ_TIME_MAX: Duration = Duration::from_secs(10);

/// The handle through which reads reach the threads; clones share them.
#[derive(Clone)]
pub(in crate::db) struct Readers {
    queue: Sender<Message>,
}

enum Message {
    Run(Read),
    Stop,
}

struct Read {
    sql: Sql,
    values: Vec<Value<'static>>,
    answer: oneshot::Sender<Result<Vec<Row>, DbError>>,
}

impl Readers {
    pub(in crate::db) fn start(
        path: &Path,
    ) -> Result<(Self, Vec<thread::JoinHandle<()>>), DbError> {
        let connections = (0..READERS).map(|_| Connection::open_reader(path));
        Ok(Self::with(connections.collect::<Result<_, _>>()?))
    }

    /// Starts a thread for each of these connections, at most [`READERS`].
    pub(in crate::db) fn with(connections: Vec<Connection>) -> (Self, Vec<thread::JoinHandle<()>>) {
        let (queue, reads) = crossbeam_channel::bounded(QUEUE_LEN_MAX);
        let mut threads = Vec::with_capacity(READERS);
        for (number, connection) in connections.into_iter().enumerate() {
            let reads = reads.clone();
            let thread = thread::Builder::new()
                .name(format!("sqlite-reader-{number}"))
                .spawn(move || run(connection, &reads))
                .expect("a thread can be started while the program starts");
            threads.push(thread);
        }
        (Self { queue }, threads)
    }

    pub(in crate::db) async fn rows(
        &self,
        sql: Sql,
        values: Vec<Value<'static>>,
    ) -> Result<Vec<Row>, DbError> {
        let (answer, answered) = oneshot::channel();
        let read = Message::Run(Read { sql, values, answer });
        self.queue.try_send(read).map_err(|error| {
            DbError::unavailable(match error {
                TrySendError::Full(_) => "SQLite's readers have too much to do",
                TrySendError::Disconnected(_) => "SQLite's readers have stopped",
            })
        })?;
        answered
            .await
            .unwrap_or_else(|_| Err(DbError::unavailable("SQLite's readers have stopped")))
    }

    /// Ends the threads after the reads that already wait.
    pub(in crate::db) fn stop(&self) {
        for _ in 0..READERS {
            // A failed send means that all have ended.
            self.queue.send(Message::Stop).unwrap_or_default();
        }
    }
}

fn run(mut connection: Connection, reads: &Receiver<Message>) {
    while let Ok(Message::Run(read)) = reads.recv() {
        // A read changes nothing, so it is skipped once its caller is gone.
        if read.answer.is_closed() {
            continue;
        }
        let rows = connection
            .limit_time(Some(READ_TIME_MAX))
            .and_then(|()| connection.rows(read.sql, &read.values));
        drop(read.answer.send(rows));
    }
}
