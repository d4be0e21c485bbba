//! The tools that database servers bring for dumping and loading: `pg_dump` and `pg_restore`,
//! `mariadb-dump` and `mariadb`, or `mysqldump` and `mysql`.
//!
//! **Invariant:** no password stands on a command line, where every user of the machine can read
//! it. TLS holds as the database's address says.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use curt_store::{DatabaseUrl, Engine};
use url::Url;

use super::guard::Guard;

mod mysql;
mod postgres;

/// What is kept of a tool's complaints.
const COMPLAINTS_LEN_MAX: u64 = 4 << 10;

const CHUNK_LEN: usize = 256 << 10;

/// Chunks that a tool may be ahead of the disk.
const CHUNKS_WAITING_MAX: usize = 4;

/// How long a tool that dumps or reads may write nothing. It can wait minutes for a lock that a
/// change of tables holds; after that, its connection is dead and nobody told it.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// How often the guard is asked while a tool is silent: a stopping server waits for the answer.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// What the last lines of a whole dump hold, and how many bytes those lines may have.
const END_MARKER: &[u8] = b"-- Dump completed";
const END_LEN_MAX: i64 = 256;

/// Whose tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tools {
    Postgres,
    MySql,
}

impl Tools {
    /// `None` for SQLite, which needs none.
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

    /// As far as can be told without loading it: that the archive can be read, that the script has
    /// its end.
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

/// Hands on what the tool writes. Kills it when the guard says stop, when it writes nothing for
/// too long, or when what it wrote cannot be used.
fn run_watched(
    command: &mut Command,
    guard: &Guard,
    silence_max: Duration,
    each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    // Reading blocks, so threads do it. The channel ends when the tool has closed both its pipes,
    // which it does by ending.
    let (chunks, arriving) = mpsc::sync_channel(CHUNKS_WAITING_MAX);
    let open = chunks.clone();
    let complaints = child.stderr.take().map(|stderr| {
        thread::spawn(move || {
            let complaints = read_some(stderr);
            drop(open);
            complaints
        })
    });
    let output = child.stdout.take();
    thread::spawn(move || output.map(|output| send_chunks(output, &chunks)));
    let used = use_output(&arriving, guard, silence_max, each);
    if used.is_err() {
        // It may have ended by itself meanwhile.
        child.kill().ok();
    }
    let program = command.get_program().display();
    let status = child.wait().with_context(|| format!("waiting for {program}"))?;
    // A tool that failed is the reason for whatever went wrong with its output.
    if used.is_ok() || status.code().is_some_and(|code| code != 0) {
        let complaints = complaints.and_then(|reader| reader.join().ok()).unwrap_or_default();
        succeeded(command, status, &complaints)?;
    }
    // Readers of a tool that was killed are not waited for: its children may hold the pipes.
    used.with_context(|| format!("running {program}"))
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

fn use_output(
    arriving: &Receiver<io::Result<Vec<u8>>>,
    guard: &Guard,
    silence_max: Duration,
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut heard = Instant::now();
    loop {
        guard.check()?;
        match arriving.recv_timeout(CHECK_INTERVAL.min(silence_max)) {
            Ok(chunk) => {
                each(&chunk.context("reading its output")?)?;
                heard = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                let is_alive = heard.elapsed() < silence_max;
                anyhow::ensure!(is_alive, "it wrote nothing for {silence_max:?} and was ended");
            }
        }
    }
}

fn send_chunks(mut output: ChildStdout, chunks: &SyncSender<io::Result<Vec<u8>>>) {
    let mut chunk = vec![0; CHUNK_LEN];
    loop {
        let read = match output.read(&mut chunk) {
            Ok(0) => return,
            Ok(len) => Ok(chunk[..len].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = read.is_err();
        if chunks.send(read).is_err() || is_last {
            return;
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
