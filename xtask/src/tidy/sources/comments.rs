//! Which comments are too wide: rustfmt breaks long code, and leaves long comments alone.
//!
//! A comment goes from its mark to the end of the line. The scan knows strings well enough to find
//! no comment inside them; comments between `/*` and `*/` are not measured.

use crate::tidy::files::RepositoryFile;

/// The widest line with a comment, in characters, like `max_width` of rustfmt.
pub(super) const COLUMNS_MAX: usize = 100;

/// Folders of what was released: migrations and fixtures never change, not even their comments.
const RELEASED: [&str; 2] = ["crates/curt-store/migrations/", "fixtures/"];

/// The numbers of all lines that are too wide and have a comment that can be broken.
pub(super) fn too_wide(file: &RepositoryFile) -> Vec<usize> {
    if RELEASED.iter().any(|folder| file.path.starts_with(folder)) {
        return Vec::new();
    }
    let text = file.text.as_str();
    let comments = if file.has_extension("rs") {
        rust_comments(text)
    } else if file.has_extension("sql") || file.has_extension("lua") {
        line_comments(text, "--")
    } else if text.starts_with("#!") || ["sh", "toml", "py"].iter().any(|e| file.has_extension(e)) {
        line_comments(text, "#")
    } else {
        Vec::new()
    };
    let wide = comments.into_iter().filter(|at| is_too_wide(text, *at));
    wide.map(|at| 1 + text[..at].matches('\n').count()).collect()
}

fn is_too_wide(text: &str, comment_at: usize) -> bool {
    let line_at = text[..comment_at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_at..].lines().next().unwrap_or_default();
    let comment = &line[comment_at - line_at..];
    COLUMNS_MAX < line.chars().count() && can_be_broken(line, comment)
}

/// Whether the comment fits on several lines: each word of it on one of its own.
fn can_be_broken(line: &str, comment: &str) -> bool {
    let words = comment.trim_start_matches(['/', '!', '#', '-']);
    // `[label]: https://…` is one piece.
    let is_reference = words.trim_start().starts_with('[')
        && words.split_once("]: ").is_some_and(|(_, target)| !target.contains(' '));
    let indent = line.len() - line.trim_start().len();
    let mark = comment.len() - words.len();
    let longest = words.split_whitespace().map(|word| word.chars().count()).max();
    let fits = indent + mark + 1 + longest.unwrap_or_default() <= COLUMNS_MAX;
    fits && !is_reference
}

/// Where comments begin in a language whose strings end on their line.
fn line_comments(text: &str, mark: &str) -> Vec<usize> {
    let mut comments = Vec::new();
    let mut line_at = 0;
    for line in text.split_inclusive('\n') {
        comments.extend(line_comment(line, mark).map(|at| line_at + at));
        line_at += line.len();
    }
    comments
}

/// Where a mark stands at the beginning of a word, outside of quotes.
fn line_comment(line: &str, mark: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let is_quote = matches!(c, '"' | '\'') && before != '\\';
        match quote {
            None if before.is_whitespace() && line[at..].starts_with(mark) => return Some(at),
            None if is_quote => quote = Some(c),
            Some(open) if is_quote && open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

/// Where comments begin in Rust, `//`, `///` and `//!` alike.
fn rust_comments(text: &str) -> Vec<usize> {
    let mut comments = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            comments.push(at);
        }
        at += rust_token_len(rest);
    }
    comments
}

/// The length of the comment, string or other character that a text begins with.
fn rust_token_len(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let length_to = |start: usize, end: &str| {
        text[start..].find(end).map_or(text.len(), |found| start + found + end.len())
    };
    if text.starts_with("//") {
        return length_to(2, "\n");
    }
    if text.starts_with("/*") {
        return length_to(2, "*/");
    }
    match first {
        '"' => quoted_len(text, '"'),
        'r' => {
            let hashes = text[1..].len() - text[1..].trim_start_matches('#').len();
            let is_string = text[1 + hashes..].starts_with('"');
            if is_string { length_to(2 + hashes, &format!("\"{}", "#".repeat(hashes))) } else { 1 }
        }
        // A quote opens a character, or else a lifetime.
        '\'' if text[1..].starts_with('\\') || text.chars().nth(2) == Some('\'') => {
            quoted_len(text, '\'')
        }
        _ => first.len_utf8(),
    }
}

/// The length of a string or character, from its first quote to its last one.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}
