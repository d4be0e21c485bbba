//! The program's output to its user: results on standard output, everything else on standard error.
//! Only this file prints; the server logs.

use std::io::{self, IsTerminal as _, Write as _};

use crate::{
    failure::{Exit, Failure, Problem, Refusal},
    visible::visible,
};

/// The reader of the output is gone, as in `curt links list --all | head`. Not a failure.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(crate) struct ReaderGone;

/// The result of a command, or a part of it.
pub(crate) fn result(bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes.as_ref()).and_then(|()| stdout.flush()).map_err(not_written)
}

/// A line of the result.
pub(crate) fn line(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    result([text.as_ref(), b"\n"].concat())
}

/// For code that writes to standard output itself.
pub(crate) fn not_written(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => ReaderGone.into(),
        _ => anyhow::Error::new(error).context("writing the output"),
    }
}

/// Prints what a command could not do, and returns the matching exit code.
pub(crate) fn error(error: &anyhow::Error) -> Exit {
    tell("", error)
}

/// The same if one of several things failed: each line names it.
pub(crate) fn error_about(name: &str, error: &anyhow::Error) -> Exit {
    tell(&format!("{}: ", visible(name)), error)
}

/// One line for each problem, so that they can be read, counted and searched for.
fn tell(about: &str, error: &anyhow::Error) -> Exit {
    let (lines, exit) = if error.is::<ReaderGone>() {
        (Vec::new(), Exit::Success)
    } else if let Some(refusal) = error.downcast_ref::<Refusal>() {
        warnings(refusal.warnings());
        (refusal.problems().to_vec(), Exit::Refused)
    } else if let Some(failure) = error.downcast_ref::<Failure>() {
        (failure.lines.clone(), failure.exit)
    } else if let Some(problem) = error.downcast_ref::<Problem>() {
        (problem.lines(), problem.exit())
    } else {
        // An error with its chain of causes.
        (format!("{error:#}").lines().map(str::to_owned).collect(), Exit::Failed)
    };
    for line in lines {
        // Names of files can hold control characters.
        to_stderr(&format!("error: {about}{}", visible(&line)));
    }
    exit
}

/// Useful information that is no result.
pub(crate) fn note(line: &str) {
    to_stderr(line);
}

pub(crate) fn warnings(lines: &[String]) {
    for line in lines {
        to_stderr(&format!("warning: {line}"));
    }
}

/// Shows a new admin key to the user at the terminal only: elsewhere standard error ends up in a
/// log.
pub(crate) fn new_admin_key(key: &str) {
    if io::stderr().is_terminal() {
        to_stderr(&format!("\nYour admin key, made just now: {key}\n"));
    }
}

fn to_stderr(line: &str) {
    // If standard error is closed, there is nowhere to report it.
    drop(writeln!(io::stderr().lock(), "{line}"));
}
