//! Runs a tool without our environment, watches it, and kills it when it hangs.

use std::{
    io::{self, Read},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::super::guard::Guard;

/// How much of a tool's error output is kept.
const COMPLAINTS_LEN_MAX: u64 = 4 << 10;

const CHUNK_LEN: usize = 256 << 10;

/// Chunks by which a tool may be ahead of the disk.
const CHUNKS_WAITING_MAX: usize = 4;

/// How often the guard is checked while a tool is silent; a stopping server waits this long.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// A command that sees nothing of our environment, which may hold secrets.
pub(super) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for kept in ["PATH", "HOME"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    // Our messages quote the tool's error output, so it must be in English.
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Passes on what the tool writes. Kills the tool when the guard stops it, when it writes nothing
/// for too long, or when its output cannot be used.
pub(super) fn run_watched(
    command: &mut Command,
    guard: &Guard,
    silence_max: Duration,
    each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    // Reading blocks, so threads do it. The channel closes when the tool has closed both pipes,
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
        // The tool may have ended already.
        child.kill().ok();
    }
    let program = command.get_program().display();
    let status = child.wait().with_context(|| format!("waiting for {program}"))?;
    // If the tool failed, its failure explains the error with its output.
    if used.is_ok() || status.code().is_some_and(|code| code != 0) {
        let complaints = complaints.and_then(|reader| reader.join().ok()).unwrap_or_default();
        succeeded(command, status, &complaints)?;
    }
    // Do not wait for the readers of a killed tool: its children may hold the pipes.
    used.with_context(|| format!("running {program}"))
}

fn start(command: &mut Command) -> anyhow::Result<Child> {
    command.stderr(Stdio::piped()).spawn().map_err(|error| not_run(command, error))
}

pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let Output { status, stderr, .. } =
        command.output().map_err(|error| not_run(command, error))?;
    succeeded(command, status, &stderr)
}

pub(super) fn not_run(command: &Command, error: io::Error) -> anyhow::Error {
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

/// Keeps the beginning: the first message is the reason for the rest.
fn read_some(mut stderr: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    // The exit code tells whether the tool failed, even if its messages cannot be read.
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

#[cfg(test)]
mod tests;
