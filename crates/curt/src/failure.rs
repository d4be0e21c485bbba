//! Why a command failed: the message for people, and the exit code for scripts.

use std::{fmt, process::ExitCode};

mod problem;
mod refusal;

pub(crate) use self::{
    problem::{Mistake, Problem},
    refusal::Refusal,
};

/// The exit codes, the same for all commands. `curt --help` and the README explain them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Success = 0,
    /// Something went wrong, perhaps only with a part of the request.
    Failed = 1,
    /// A mistake in the command line itself; clap ends the program with it too.
    Usage = 2,
    NotFound = 3,
    /// Invalid, already taken, or changed since it was read.
    Rejected = 4,
    /// `EX_CONFIG` of sysexits.h. A supervisor should not restart the server: the next start would
    /// fail the same way (`RestartPreventExitStatus=78` for systemd).
    Refused = 78,
}

impl Exit {
    /// Combines the results of several things. Scripts act on a code, so it must hold for all that
    /// failed.
    pub(crate) fn and(self, next: Self) -> Self {
        match (self, next) {
            (one, Self::Success) => one,
            (Self::Success, other) => other,
            (one, other) if one == other => one,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a command could not do, one line for each mistake.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) lines: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, line: impl fmt::Display) -> Self {
        Self { exit, lines: vec![line.to_string()] }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("; "))
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
