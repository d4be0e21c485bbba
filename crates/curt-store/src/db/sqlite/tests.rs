use std::{fs, os::unix::fs::PermissionsExt as _, sync::Barrier};

use tempfile::TempDir;

use super::{
    opening::{LIBRARY_VERSION_MIN, check_library},
    *,
};
use crate::db::{ConnectError, FIRST_TABLE};

fn setting(connection: &mut Connection, pragma: &'static str) -> Row {
    connection.rows(Sql::new(pragma), &[]).unwrap().remove(0)
}

fn new_file() -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("curt.db");
    (directory, path)
}

#[test]
fn the_library_is_one_without_the_wal_reset_bug() {
    assert!(LIBRARY_VERSION_MIN <= rusqlite::version_number(), "{}", rusqlite::version());
    assert!(check_library().is_ok());
}

#[test]
fn a_new_file_is_durable_and_private() {
    let (_directory, path) = new_file();
    let mut connection = Connection::open_writer(&path).unwrap();
    assert_eq!(setting(&mut connection, "pragma journal_mode").text(0).unwrap(), "wal");
    assert_eq!(setting(&mut connection, "pragma synchronous").int(0).unwrap(), 2, "full");
    assert_eq!(setting(&mut connection, "pragma auto_vacuum").int(0).unwrap(), 2, "incremental");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A write would fail on a full disk, and would wait beside a running server.
#[test]
fn opening_a_database_again_writes_nothing() {
    let (_directory, path) = new_file();
    let first = Connection::open_writer(&path).unwrap();
    first.begin().unwrap();
    Connection::open_writer(&path).unwrap();
}

#[test]
fn who_is_alone_needs_no_file_and_shares_nothing() {
    let (_directory, path) = new_file();
    Connection::open_writer(&path).unwrap();
    let mut alone = Connection::open_alone(&path).unwrap();
    assert_eq!(setting(&mut alone, "pragma auto_vacuum").int(0).unwrap(), 2);
    assert_eq!(setting(&mut alone, "select count(*) from sqlite_schema").int(0).unwrap(), 0);
    assert!(!path.with_extension("db-shm").exists());
    let error = alone.execute(Sql::new("create table t (id integer)"), &[]).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Unavailable);
    let mut other = Connection::open_existing(&path).unwrap();
    other.inner.busy_timeout(Duration::ZERO).unwrap();
    let kept_out = other.rows(FIRST_TABLE, &[]).map(drop).unwrap_err();
    assert_eq!(kept_out.kind(), DbErrorKind::TimedOut);
    drop(alone);
    other.rows(FIRST_TABLE, &[]).unwrap();
}

#[test]
fn a_reader_cannot_write() {
    let (_directory, path) = new_file();
    Connection::open_writer(&path).unwrap();
    let mut reader = Connection::open_reader(&path).unwrap();
    let error = reader.execute(Sql::new("create table t (id integer)"), &[]).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Unavailable);
}

#[test]
fn a_file_of_something_else_is_refused() {
    let (_directory, path) = new_file();
    fs::write(&path, "# Not a database, but somebody's notes.\n".repeat(100)).unwrap();
    let refused = Connection::open_writer(&path).map(drop);
    assert!(matches!(refused, Err(ConnectError::NotADatabase { .. })), "{refused:?}");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_was() {
    let (_directory, path) = new_file();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("create table notes (id integer)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let refused = Connection::open_writer(&path).map(drop);
    assert!(
        matches!(&refused, Err(ConnectError::Foreign { table }) if table == "notes"),
        "{refused:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_place_that_takes_no_file_is_named() {
    let (directory, _) = new_file();
    // Not even root can create files in /proc.
    for path in [directory.path().join("absent/curt.db"), "/proc/curt.db".into()] {
        let refused = Connection::open_writer(&path).map(drop).unwrap_err();
        assert!(matches!(refused, ConnectError::CannotCreate { .. }), "{refused:?}");
        assert!(refused.to_string().contains(path.to_str().unwrap()));
    }
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let (_directory, path) = new_file();
    let together = Barrier::new(8);
    let open = || {
        together.wait();
        Connection::open_writer(&path).map(drop)
    };
    let results: Vec<_> = thread_scope(8, open);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

fn thread_scope<T: Send>(count: usize, run: impl Fn() -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(&run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn values_that_do_not_match_the_placeholders_are_an_error() {
    let (_directory, path) = new_file();
    let mut connection = Connection::open_writer(&path).unwrap();
    let error = connection.rows(Sql::new("select $1, $2"), &[1.into()]).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Other);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("1 values for the 2 placeholders"), "{source}");
}

#[test]
fn nothing_runs_when_the_time_is_over() {
    let (_directory, path) = new_file();
    let mut connection = Connection::open_writer(&path).unwrap();
    connection.limit_time(Some(Duration::ZERO)).unwrap();
    let error = connection.rows(Sql::new("select 1"), &[]).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::TimedOut);
    connection.limit_time(None).unwrap();
    assert!(connection.rows(Sql::new("select 1"), &[]).is_ok());
}

#[test]
fn the_wal_is_copied_into_the_database_once_it_has_grown() {
    let (_directory, path) = new_file();
    let mut connection = Connection::open_writer(&path).unwrap();
    connection.execute(Sql::new("create table t (v blob)"), &[]).unwrap();
    connection.checkpoint_when_due().unwrap();
    let small = fs::metadata(&path).unwrap().len();
    let pages = i64::from(CHECKPOINT_PAGES) + 10;
    let fill = Sql::new("insert into t values (zeroblob($1 * 4096))");
    connection.execute(fill, &[pages.into()]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), small, "only the WAL has grown yet");
    connection.checkpoint_when_due().unwrap();
    assert!(small + 4096 * u64::try_from(pages).unwrap() < fs::metadata(&path).unwrap().len());
}
