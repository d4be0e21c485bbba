//! SQLite by itself, on Curt's own tables: the baseline that `scripts/bench` compares the server
//! with, and the source of its databases with millions of links.
//!
//! Each command creates a new database with the store's migrations, then uses rusqlite directly, on
//! one thread and with the server's settings where they matter (WAL, `synchronous=full`).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command, and no server")]

mod links;

use std::{
    env,
    error::Error,
    ops::Range,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use curt_domain::Clock;
use curt_store::{Store, StoreMetrics, StoreSettings};
use rusqlite::Connection;

use crate::links::INSERT;

const USAGE: &str = "usage:
  bare_sqlite commit FILE SECONDS        inserts links for so long, each in a durable transaction
  bare_sqlite batch FILE SECONDS LINKS   the same, with so many links in each transaction
  bare_sqlite seed FILE LINKS            inserts so many links, with the codes of bench/codes.lua";

/// Links in one transaction of `seed`: enough to make the cost of commits negligible.
const SEED_BATCH_LEN: u64 = 100_000;

/// Memory for pages while seeding (in KiB, negative by SQLite's convention). The index of ten
/// million codes fits; otherwise every row would wait for a page of it.
const SEED_CACHE_KIB: i64 = -1024 * 1024;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome<()> {
    match arguments {
        ["commit", file, seconds] => commit(file, Duration::from_secs(seconds.parse()?)),
        ["batch", file, seconds, count] => {
            batch(file, Duration::from_secs(seconds.parse()?), count.parse()?)
        }
        ["seed", file, count] => seed(file, count.parse()?),
        _ => Err(USAGE.into()),
    }
}

/// Prints `rows=… micros=…`.
fn commit(file: &str, time: Duration) -> Outcome<()> {
    let connection = new_database(file, 0)?;
    connection.pragma_update(None, "synchronous", "full")?;
    let mut insert = connection.prepare(INSERT)?;
    let started = Instant::now();
    let mut rows = 0;
    // Outside a transaction each statement is one.
    while started.elapsed() < time {
        rows += 1;
        links::insert(&mut insert, rows)?;
    }
    println!("rows={rows} micros={}", started.elapsed().as_micros());
    Ok(())
}

/// Prints `rows=… micros=…`.
fn batch(file: &str, time: Duration, len: u64) -> Outcome<()> {
    let mut connection = new_database(file, 0)?;
    connection.pragma_update(None, "synchronous", "full")?;
    let started = Instant::now();
    let mut rows = 0;
    while started.elapsed() < time {
        insert_all(&mut connection, rows + 1..rows + 1 + len)?;
        rows += len;
    }
    println!("rows={rows} micros={}", started.elapsed().as_micros());
    Ok(())
}

fn seed(file: &str, count: u64) -> Outcome<()> {
    let mut connection = new_database(file, count)?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "cache_size", SEED_CACHE_KIB)?;
    let mut next = 1;
    while next <= count {
        let end = (next + SEED_BATCH_LEN).min(count + 1);
        insert_all(&mut connection, next..end)?;
        next = end;
    }
    // The server takes over a file that is entirely on disk.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
    Ok(())
}

/// In one transaction.
fn insert_all(connection: &mut Connection, numbers: Range<u64>) -> Outcome<()> {
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare_cached(INSERT)?;
    for number in numbers {
        links::insert(&mut insert, number)?;
    }
    drop(insert);
    transaction.commit()?;
    Ok(())
}

/// Creates a database with Curt's tables, in which the first `ids` ids are already reserved. The
/// file must not exist.
#[tokio::main(flavor = "current_thread")]
async fn new_database(file: &str, ids: u64) -> Outcome<Connection> {
    if Path::new(file).exists() {
        return Err(format!("{file} exists").into());
    }
    let settings = StoreSettings::new(format!("sqlite:{file}").parse()?);
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await?;
    store.migrate(&Clock::System).await?;
    if 0 < ids {
        store.reserve_ids(ids).await?;
    }
    store.close().await;
    Ok(Connection::open(file)?)
}
