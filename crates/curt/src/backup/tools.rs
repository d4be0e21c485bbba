//! The dump and load tools of the database servers: `pg_dump` and `pg_restore`, `mariadb-dump` and
//! `mariadb`, or `mysqldump` and `mysql`.
//!
//! **Invariant:** no password is on a command line, where every user of the machine can read it.
//! TLS is used as the database's address says.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use curt_store::{DatabaseUrl, Engine};

use self::{
    address::address,
    process::{run, run_watched},
};
use super::guard::Guard;

mod address;
mod mysql;
mod postgres;
mod process;

/// How long a tool that dumps or reads may write nothing. It may wait minutes for a lock that a
/// change of tables holds; after that its connection is dead, and the tool has not noticed.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// What the last lines of a whole dump contain, and how many bytes they may have.
const END_MARKER: &[u8] = b"-- Dump completed";
const END_LEN_MAX: i64 = 256;

/// Which product's tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tools {
    Postgres,
    MySql,
}

impl Tools {
    /// `None` for SQLite, which needs no tools.
    pub(crate) fn of(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Self::Postgres),
            Engine::MySql => Some(Self::MySql),
        }
    }

    /// Writes a dump of the whole database into the file.
    pub(crate) fn dump(
        self,
        database: &DatabaseUrl,
        path: &Path,
        guard: &Guard,
    ) -> anyhow::Result<()> {
        let url = address(database)?;
        let mut command = match self {
            Self::Postgres => postgres::dump(&url),
            Self::MySql => mysql::dump(&url)?,
        };
        let file = OpenOptions::new().write(true).open(path);
        let mut file = file.with_context(|| format!("opening {}", path.display()))?;
        run_watched(&mut command, guard, SILENCE_MAX, |chunk| {
            file.write_all(chunk).context("writing the dump")
        })
    }

    /// Checks what can be checked without loading: the archive is readable, the script is complete.
    pub(crate) fn check(self, path: &Path, guard: &Guard) -> anyhow::Result<()> {
        match self {
            Self::Postgres => {
                run_watched(&mut postgres::list(path), guard, SILENCE_MAX, |_| Ok(()))
            }
            Self::MySql => check_end(path),
        }
    }

    /// Loads a dump into an empty database.
    pub(crate) fn load(self, database: &DatabaseUrl, path: &Path) -> anyhow::Result<()> {
        let url = address(database)?;
        match self {
            Self::Postgres => run(&mut postgres::load(&url, path)),
            Self::MySql => {
                let script =
                    File::open(path).with_context(|| format!("reading {}", path.display()))?;
                run(mysql::load(&url)?.stdin(script))
            }
        }
    }
}

fn check_end(path: &Path) -> anyhow::Result<()> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        let back = END_LEN_MAX.min(len.try_into().unwrap_or(END_LEN_MAX));
        file.seek(SeekFrom::End(-back))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        Ok(end)
    };
    let end = read().with_context(|| format!("reading {}", path.display()))?;
    let has_end = end.windows(END_MARKER.len()).any(|bytes| bytes == END_MARKER);
    anyhow::ensure!(has_end, "the dump is cut off: its last line is missing");
    Ok(())
}

#[cfg(test)]
mod tests;
