//! Why the program refuses to run with its configuration: one line for each thing to fix. Ends with
//! exit code 78.

use std::fmt;

/// An error that the operator has to fix, so it is printed without its chain of causes.
#[derive(Debug)]
pub(crate) struct Refusal {
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Refusal {
    /// Includes the warnings, because one of them may be the cause: a mistyped variable, for
    /// example.
    pub(crate) fn new(problems: Vec<String>, warnings: Vec<String>) -> Self {
        Self { problems, warnings }
    }

    /// A refusal for a single reason.
    pub(crate) fn because(reason: impl fmt::Display) -> Self {
        Self { problems: vec![reason.to_string()], warnings: Vec::new() }
    }

    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for Refusal {}
