//! Rules for the text of single files: what opens them, how long they are, what they may not say.

use super::files::RepositoryFile;
use crate::problems::Problem;

mod comments;

/// Longest source file outside tests. The aim is under 400; the limit leaves room for what has no
/// natural cut (`keeper.rs` of the journal), so that it shapes no code.
const LINES_MAX: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils.rs", "helpers.rs", "common.rs", "service.rs", "manager.rs"];

/// The only crate that may contain `unsafe`.
const UNSAFE_CRATE: &str = "crates/curt-journal/";

// In two pieces each, or this file would break its own rules.
const MARKERS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const TEST_ATTRIBUTES: [&str; 2] = [concat!("#[", "ignore"), concat!("#[", "should_panic")];

pub(super) fn problems(files: &[RepositoryFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files {
        if file.has_extension("rs") {
            problems.extend(rust_problems(file));
        }
        // Documents may talk about the markers.
        if !file.has_extension("md") {
            problems.extend(marker_problems(file));
        }
        problems.extend(width_problems(file));
    }
    problems
}

fn rust_problems(file: &RepositoryFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut complain = |complaint: String| problems.push(Problem::new(&file.path, complaint));

    // The name of `tests.rs` says what it is for: the file beside its folder.
    if !file.text.starts_with("//! ") && file.name() != "tests.rs" {
        complain("does not open with `//!` and what it is for".to_owned());
    }
    let lines = file.text.lines().count();
    if LINES_MAX < lines && !file.is_test() {
        complain(format!("has {lines} lines, {LINES_MAX} are the limit"));
    }
    if file.name() == "mod.rs" {
        complain("is called `mod.rs`; call it after its folder, beside the folder".to_owned());
    }
    if EMPTY_NAMES.contains(&file.name()) {
        complain("has a name without content; name it after a noun of the domain".to_owned());
    }
    if let Some((_, inside)) = file.path.split_once("/tests/")
        && file.path.starts_with("crates/")
        && !file.path.contains("/src/")
        && !inside.starts_with("it/")
    {
        complain("is a second test binary, which costs a link; move it into `tests/it`".to_owned());
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(complaint) = line_complaint(file, line.trim()) {
            problems.push(Problem::new(format!("{}:{number}", file.path), complaint));
        }
    }
    problems
}

fn line_complaint(file: &RepositoryFile, line: &str) -> Option<String> {
    if let Some(attribute) = TEST_ATTRIBUTES.iter().find(|a| line.starts_with(**a)) {
        return Some(format!("`{attribute}]`: a test runs, and asserts what it expects"));
    }
    if line.starts_with("mod tests {") {
        return Some("tests stand in `tests.rs`, beside what they test".to_owned());
    }
    if !file.path.starts_with(UNSAFE_CRATE) && has_unsafe_code(line) {
        return Some(format!("`unsafe` outside {UNSAFE_CRATE}"));
    }
    None
}

/// Whether code on this line opens a door that `unsafe_code = "deny"` is meant to keep shut: by the
/// keyword, or by lifting the lint. Words in comments and strings are none.
fn has_unsafe_code(line: &str) -> bool {
    if line.starts_with("//") {
        return false;
    }
    let before_strings = line.split(['"', '`']).next().unwrap_or_default();
    let mut words = before_strings.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == "unsafe" || word == "unsafe_code")
}

fn marker_problems(file: &RepositoryFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(marker) = MARKERS.iter().find(|m| line.contains(**m))
            && !names_an_issue(line)
        {
            let complaint = format!("{marker} without an issue, like (#123)");
            problems.push(Problem::new(format!("{}:{number}", file.path), complaint));
        }
    }
    problems
}

fn names_an_issue(line: &str) -> bool {
    line.split("(#").skip(1).any(|rest| {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        0 < digits && rest[digits..].starts_with(')')
    })
}

fn width_problems(file: &RepositoryFile) -> Vec<Problem> {
    let complaint = format!("a comment wider than {} columns", comments::COLUMNS_MAX);
    let places = comments::too_wide(file).into_iter();
    places.map(|line| Problem::new(format!("{}:{line}", file.path), complaint.clone())).collect()
}
