//! Rules for documents: the ones a reader looks for are there, and links within the repository
//! lead somewhere.

use super::files::RepositoryFile;
use crate::problems::Problem;

const ROOT_DOCUMENTS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

pub(super) fn problems(files: &[RepositoryFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for document in ROOT_DOCUMENTS {
        if !files.iter().any(|file| file.path == document) {
            problems.push(Problem::new(document, "is missing"));
        }
    }
    for document in files.iter().filter(|file| file.has_extension("md")) {
        for (number, link) in links(&document.text) {
            if !leads_somewhere(files, &document.path, link) {
                let place = format!("{}:{number}", document.path);
                problems.push(Problem::new(place, format!("links to {link}, which is not there")));
            }
        }
    }
    problems
}

/// The targets of all links in a Markdown text, with their lines; code is no link.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            links.extend(links_in_line(line).map(|link| (number, link)));
        }
    }
    links
}

fn links_in_line(line: &str) -> impl Iterator<Item = &str> {
    // `[text](target "title")` anywhere, `[label]: target` at the start.
    let inline = line.match_indices("](").filter(|(at, _)| !is_in_code_span(line, *at));
    let inline = inline.filter_map(|(at, opening)| line[at + opening.len()..].split(')').next());
    let reference =
        line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline.chain(reference).filter_map(|target| target.split_whitespace().next())
}

fn is_in_code_span(line: &str, at: usize) -> bool {
    line[..at].matches('`').count() % 2 == 1
}

fn leads_somewhere(files: &[RepositoryFile], document: &str, link: &str) -> bool {
    let is_elsewhere = link.contains("://") || link.starts_with("mailto:");
    let path = link.split('#').next().unwrap_or_default();
    if is_elsewhere || path.is_empty() {
        return true;
    }
    let Some(path) = resolve(document, path) else { return false };
    files.iter().any(|file| {
        let rest = file.path.strip_prefix(&path);
        rest.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    })
}

/// The path from the root that a link means; `None` if it leaves the repository.
fn resolve(document: &str, link: &str) -> Option<String> {
    let mut folders: Vec<&str> = document.split('/').collect();
    folders.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}
