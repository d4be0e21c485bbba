//! The three kinds of backup: a copy of an SQLite file, and what the tools of PostgreSQL and MySQL
//! write.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use curt_store::Engine;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Sqlite,
    /// The custom format of `pg_dump`.
    PostgresArchive,
    /// The statements that `mariadb-dump` or `mysqldump` writes.
    MySqlScript,
}

impl Format {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::PostgresArchive, Self::MySqlScript];

    pub(crate) fn of_engine(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite,
            Engine::Postgres => Self::PostgresArchive,
            Engine::MySql => Self::MySqlScript,
        }
    }

    pub(crate) fn engine(self) -> Engine {
        match self {
            Self::Sqlite => Engine::Sqlite,
            Self::PostgresArchive => Engine::Postgres,
            Self::MySqlScript => Engine::MySql,
        }
    }

    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite3",
            Self::PostgresArchive => "pgdump",
            Self::MySqlScript => "sql",
        }
    }

    /// By its first bytes, because people rename files; `None` when it is none of ours.
    pub(crate) fn of_file(path: &Path) -> io::Result<Option<Self>> {
        const LEN: u64 = 64;
        let mut start = Vec::new();
        File::open(path)?.take(LEN).read_to_end(&mut start)?;
        let is_script = [&b"-- MariaDB dump"[..], b"-- MySQL dump", b"/*M!999999"];
        Ok(if start.starts_with(b"SQLite format 3\0") {
            Some(Self::Sqlite)
        } else if start.starts_with(b"PGDMP") {
            Some(Self::PostgresArchive)
        } else if is_script.iter().any(|opening| start.starts_with(opening)) {
            Some(Self::MySqlScript)
        } else {
            None
        })
    }
}
