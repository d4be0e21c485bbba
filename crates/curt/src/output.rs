//! What the program says to the person who called it: results on standard output, everything else
//! on standard error. The only place that prints; the server itself logs.

use std::io::{self, IsTerminal as _, Write as _};

use crate::{keys::AdminKey, refusal::Refusal};

/// The result of a command.
pub(crate) fn result(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // `curt config | head` has seen what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

pub(crate) fn warnings(lines: &[String]) {
    for line in lines {
        to_stderr(&format!("warning: {line}"));
    }
}

/// One line for each problem, so that they can be read, counted and searched for.
pub(crate) fn refusal(refusal: &Refusal) {
    warnings(refusal.warnings());
    for line in refusal.problems() {
        to_stderr(&format!("error: {line}"));
    }
}

/// An error with the chain of its causes on one line.
pub(crate) fn failure(error: &anyhow::Error) {
    to_stderr(&format!("error: {error:#}"));
}

/// Shows a new admin key to the person at the terminal, and to nobody else: elsewhere standard
/// error ends up in a log.
pub(crate) fn new_admin_key(key: &AdminKey) {
    if io::stderr().is_terminal() {
        to_stderr(&format!("\nYour admin key, made just now: {}\n", key.expose()));
    }
}

fn to_stderr(line: &str) {
    // There is nobody left to tell when standard error is closed.
    drop(writeln!(io::stderr().lock(), "{line}"));
}
