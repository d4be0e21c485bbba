//! Codes: the paths that name links, and how new ones are made from ids.

use std::{borrow::Borrow, collections::HashSet, fmt, str::FromStr};

mod maker;

pub use maker::{
    Alphabet, CodeMaker, CodeSettings, CodeStrategy, GENERATED_LEN_MAX, GENERATED_LEN_MIN,
};

/// Longest accepted code: what people may still type. The database column has room for 255.
pub const CODE_LEN_MAX: usize = 64;

/// The path segment that names a link: ASCII letters and digits, `-` and `_`; case matters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Box<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    #[error("is empty")]
    Empty,
    #[error("contains {found:?}; letters, digits, - and _ are allowed")]
    Character { found: char },
    #[error("has {len} characters, at most {CODE_LEN_MAX} are allowed")]
    TooLong { len: usize },
}

impl Code {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks without allocating: a redirect calls it before any lookup.
    pub fn check(text: &str) -> Result<(), InvalidCode> {
        if text.is_empty() {
            return Err(InvalidCode::Empty);
        }
        // Characters first: once all are ASCII, bytes and characters are the same count.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !text.bytes().all(allowed) {
            let foreign = |c: &char| !u8::try_from(*c).is_ok_and(allowed);
            let found = text.chars().find(foreign).unwrap_or(char::REPLACEMENT_CHARACTER);
            return Err(InvalidCode::Character { found });
        }
        if CODE_LEN_MAX < text.len() {
            return Err(InvalidCode::TooLong { len: text.len() });
        }
        Ok(())
    }
}

impl FromStr for Code {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        Self::check(text)?;
        Ok(Self(text.into()))
    }
}

/// Hashes and compares like its text, so that maps can be queried without making a `Code`.
impl Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.0)
    }
}

/// Words that must not become codes, because one of our pages has or will have that path.
///
/// Compared without case: a link `/Admin` beside `/admin` would help phishers.
#[derive(Debug, Clone, Default)]
pub struct ReservedWords(HashSet<Box<str>>);

impl ReservedWords {
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(|word| word.to_ascii_lowercase().into()).collect())
    }

    pub fn contains(&self, code: &Code) -> bool {
        self.0.contains(code.as_str().to_ascii_lowercase().as_str())
    }
}

#[cfg(test)]
mod tests;
