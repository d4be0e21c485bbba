//! The format of a backup for each engine: a copy of an SQLite file, the custom format of
//! `pg_dump`, or the statements that `mariadb-dump` or `mysqldump` writes.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use curt_store::Engine;

pub(crate) const fn extension(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite3",
        Engine::Postgres => "pgdump",
        Engine::MySql => "sql",
    }
}

/// The engine of a backup, by its first bytes, because people rename files; `None` if it is no
/// backup of ours.
pub(crate) fn engine_of(path: &Path) -> io::Result<Option<Engine>> {
    const LEN: u64 = 64;
    let mut start = Vec::new();
    File::open(path)?.take(LEN).read_to_end(&mut start)?;
    let is_script = [&b"-- MariaDB dump"[..], b"-- MySQL dump", b"/*M!999999"];
    Ok(if start.starts_with(b"SQLite format 3\0") {
        Some(Engine::Sqlite)
    } else if start.starts_with(b"PGDMP") {
        Some(Engine::Postgres)
    } else if is_script.iter().any(|opening| start.starts_with(opening)) {
        Some(Engine::MySql)
    } else {
        None
    })
}
