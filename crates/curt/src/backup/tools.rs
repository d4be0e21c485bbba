//! The tools that database servers bring for dumping and loading: `pg_dump` and `pg_restore`,
//! `mariadb-dump` and `mariadb`, or `mysqldump` and `mysql`.
//!
//! **Invariant:** no password stands on a command line, where every user of the machine can read
//! it. TLS holds as the database's address says.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
};

use anyhow::Context as _;
use curt_store::{DatabaseUrl, Engine};
use url::Url;

use super::{format::Format, guard::Guard};

mod mysql;
mod postgres;

/// What is kept of a tool's complaints.
const COMPLAINTS_LEN_MAX: u64 = 4 << 10;

const CHUNK_LEN: usize = 256 << 10;

/// What the last lines of a whole dump hold, and how many bytes those lines may have.
const END_MARKER: &[u8] = b"-- Dump completed";
const END_LEN_MAX: i64 = 256;

/// Writes a dump of the whole database into the file.
pub(crate) fn dump(database: &DatabaseUrl, path: &Path, guard: &Guard) -> anyhow::Result<()> {
    let url = address(database)?;
    let mut command = match database.engine() {
        Engine::Postgres => postgres::dump(&url),
        Engine::MySql => mysql::dump(&url)?,
        Engine::Sqlite => anyhow::bail!("SQLite needs no tool"),
    };
    let file = OpenOptions::new().write(true).open(path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let complaints = child.stderr.take().map(|stderr| thread::spawn(move || read_some(stderr)));
    let written = write_output(&mut child, file, guard);
    if written.is_err() {
        // It may have ended by itself meanwhile.
        child.kill().ok();
    }
    let status = child.wait().context("waiting for the dump")?;
    let complaints = complaints.and_then(|reader| reader.join().ok()).unwrap_or_default();
    // A tool that failed is the reason for whatever went wrong with its output.
    if written.is_ok() || status.code().is_some_and(|code| code != 0) {
        succeeded(&command, status, &complaints)?;
    }
    written
}

/// As far as can be told without loading it: that the archive can be read, that the script has its
/// end.
pub(crate) fn check(format: Format, path: &Path) -> anyhow::Result<()> {
    match format {
        Format::Sqlite => anyhow::bail!("SQLite needs no tool"),
        Format::PostgresArchive => run(postgres::list(path).stdout(Stdio::null())),
        Format::MySqlScript => check_end(path),
    }
}

/// Loads a dump into an empty database.
pub(crate) fn load(database: &DatabaseUrl, path: &Path) -> anyhow::Result<()> {
    let url = address(database)?;
    match database.engine() {
        Engine::Postgres => run(&mut postgres::load(&url, path)),
        Engine::MySql => {
            let script = File::open(path).with_context(|| format!("reading {}", path.display()))?;
            run(mysql::load(&url)?.stdin(script))
        }
        Engine::Sqlite => anyhow::bail!("SQLite needs no tool"),
    }
}

fn address(database: &DatabaseUrl) -> anyhow::Result<Url> {
    Url::parse(&database.expose()).context("the address of the database")
}

/// A command that sees nothing of our environment, which may hold secrets of ours.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for kept in ["PATH", "HOME"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    // What they complain about ends up in our messages.
    command.env("LC_ALL", "C.UTF-8");
    command
}

fn start(command: &mut Command) -> anyhow::Result<Child> {
    command.stderr(Stdio::piped()).spawn().map_err(|error| not_run(command, error))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let Output { status, stderr, .. } =
        command.output().map_err(|error| not_run(command, error))?;
    succeeded(command, status, &stderr)
}

fn not_run(command: &Command, error: io::Error) -> anyhow::Error {
    let program = command.get_program().display();
    if error.kind() != io::ErrorKind::NotFound {
        return anyhow::Error::new(error).context(format!("running {program}"));
    }
    let package = if command.get_program().as_encoded_bytes().starts_with(b"pg_") {
        "postgresql-client"
    } else {
        "mariadb-client or default-mysql-client"
    };
    anyhow::anyhow!("{program} is not installed; on Debian it is in the package {package}")
}

fn succeeded(command: &Command, status: ExitStatus, complaints: &[u8]) -> anyhow::Result<()> {
    let program = command.get_program().display();
    let complaints = String::from_utf8_lossy(complaints);
    let complaints = complaints.split_whitespace().collect::<Vec<_>>().join(" ");
    anyhow::ensure!(status.success(), "{program} failed ({status}): {complaints}");
    Ok(())
}

/// The beginning is kept: what comes first is the reason for the rest.
fn read_some(mut stderr: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    // A tool whose complaints cannot be read has still failed or not.
    stderr.by_ref().take(COMPLAINTS_LEN_MAX).read_to_end(&mut kept).ok();
    io::copy(&mut stderr, &mut io::sink()).ok();
    kept
}

fn write_output(child: &mut Child, mut file: File, guard: &Guard) -> anyhow::Result<()> {
    let mut output = child.stdout.take().context("the dump has no output")?;
    let mut chunk = vec![0; CHUNK_LEN];
    loop {
        guard.check()?;
        match output.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(len) => file.write_all(&chunk[..len]).context("writing the dump")?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading the dump"),
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

/// A part of an address as it was meant, without its percent signs.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The value of a parameter that goes by several names.
fn parameter(url: &Url, names: &[&str]) -> Option<String> {
    let found = url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last();
    found.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests;
