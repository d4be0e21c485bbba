//! Settings from a TOML file, each with its line number.
//!
//! Messages name lines and keys but never quote the file: a line may hold a secret.

use std::{
    fs::File,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    rc::Rc,
};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    setting::{Disclosure, Fallback},
    sources::{Source, Sources},
};

/// All settings with comments are a few pages; a longer file is some other file.
const FILE_LEN_MAX: u64 = 1 << 20;

/// Permission bits of group and others.
const SHARED: u32 = 0o077;

/// The text of a settings file, and whether others can read it.
pub(super) struct TextFile {
    path: Rc<Path>,
    text: String,
    mode: u32,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("not found")]
    NotFound,
    #[error("is longer than {FILE_LEN_MAX} bytes")]
    TooLong,
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

impl TextFile {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound,
            _ => OpenError::Io(error),
        })?;
        let mode = file.metadata().map_err(OpenError::Io)?.mode();
        let mut text = String::new();
        let read = file.take(FILE_LEN_MAX + 1).read_to_string(&mut text).map_err(OpenError::Io)?;
        if FILE_LEN_MAX < read as u64 {
            return Err(OpenError::TooLong);
        }
        Ok(Self { path: path.into(), text, mode })
    }

    fn source(&self, offset: usize) -> Source {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        Source::File { path: Rc::clone(&self.path), line }
    }
}

pub(super) fn read(file: &TextFile, sources: &mut Sources<'_>) {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in &errors {
        let source = file.source(error.span().map_or(0, |span| span.start));
        sources.problems.push(format!("{source}: is not valid TOML: {}", error.message()));
    }
    // After a syntax error the parser guesses, and its guesses would only add noise.
    if errors.is_empty() {
        read_table(file, "", table.get_ref(), sources);
    }
}

fn read_table(file: &TextFile, prefix: &str, table: &DeTable<'_>, sources: &mut Sources<'_>) {
    for (name, value) in table {
        let key = match prefix {
            "" => name.get_ref().to_string(),
            prefix => format!("{prefix}.{}", name.get_ref()),
        };
        let source = file.source(name.span().start);
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() && sources.about(&key).is_none() => {
                read_table(file, &key, inner, sources);
            }
            _ => read_value(file, &key, value, source, sources),
        }
    }
}

fn read_value(
    file: &TextFile,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    source: Source,
    sources: &mut Sources<'_>,
) {
    let Some(about) = sources.about(key) else {
        sources.reject_unknown(key, &source);
        return;
    };
    let text = match (value.get_ref(), &about.fallback) {
        (DeValue::Array(items), Fallback::EmptyList) => list(items),
        (value, _) => word(value),
    };
    let Some(text) = text else {
        let found = value.get_ref().type_str();
        let why = format!("expected {}, found a TOML {found}", about.accepts);
        sources.problems.push(format!("{key} ({source}): {why}"));
        return;
    };
    if about.disclosure == Disclosure::Secret && file.mode & SHARED != 0 {
        let mode = file.mode & 0o777;
        let why = format!("stands in a file that others can read (mode {mode:04o}); chmod 600 it");
        sources.reject(about, &text, &source, &why);
        return;
    }
    sources.give(about, &text, source);
}

/// The items as the environment would hold them.
fn list(items: &DeArray<'_>) -> Option<String> {
    let words: Option<Vec<_>> = items.iter().map(|item| word(item.get_ref())).collect();
    Some(words?.join(", "))
}

fn word(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
