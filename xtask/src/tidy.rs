//! The rules of the house that no compiler and no lint knows, checked in every test run.
//!
//! Each rule is a pure function over the repository's files or crates, so that each is also shown
//! to find what it is there to find.

mod crates;
mod documents;
mod files;
mod imports;
mod migrations;
mod rooms;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::problems::Problem;

/// Every place in the repository at `root` that breaks a rule, sorted by place.
pub(crate) fn problems(root: &Path) -> anyhow::Result<Vec<Problem>> {
    let files = files::read(root)?;
    let mut problems = Vec::new();
    problems.extend(sources::problems(&files));
    problems.extend(migrations::problems(&files));
    problems.extend(documents::problems(&files));
    problems.extend(rooms::problems(&files, rooms::HOUSES));
    problems.extend(crates::lint_problems(&files));
    problems.extend(crates::dependency_problems(&crates::dependencies(root)?));
    problems.sort();
    Ok(problems)
}
