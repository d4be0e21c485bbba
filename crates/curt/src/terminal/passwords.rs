//! Passwords from a person or a pipe, never from an argument: arguments are visible in the list of
//! processes and in the shell's history.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use anyhow::Context as _;

use crate::failure::{Exit, Failure};

/// Longest line that is read from a pipe, in bytes: far more than any accepted password.
const LINE_LEN_MAX: u64 = 4 * 1024;

/// A new password: typed twice on a terminal, otherwise the first line of standard input.
pub(crate) fn new_password() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let ask = |prompt| rpassword::prompt_password(prompt).context("reading the password");
    let password = ask("New password: ")?;
    if ask("Once more: ")? != password {
        return Err(Failure::new(Exit::Usage, "the two are not the same").into());
    }
    Ok(password)
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = io::stdin().lock().take(LINE_LEN_MAX).read_line(&mut line);
    read.context("reading the password from standard input")?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no password on standard input").into());
    }
    Ok(password.to_owned())
}
