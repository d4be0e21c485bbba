//! Texts that users attach to links: titles, notes and tags.

/// Longest title, in characters: one line of a list.
pub const TITLE_LEN_MAX: usize = 255;
/// Longest note, in characters.
pub const NOTE_LEN_MAX: usize = 2_000;
/// Longest tag, in characters.
pub const TAG_LEN_MAX: usize = 50;
/// Most tags of one link.
pub const TAGS_MAX: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("is empty")]
    Empty,
    #[error("has {len} characters, at most {max} are allowed")]
    TooLong { len: usize, max: usize },
    #[error("contains a control character")]
    ControlCharacter,
}

/// A line of text that names a link in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(Box<str>);

/// Free text about a link, lines allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(Box<str>);

/// A word or two shared by several links; case matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(Box<str>);

impl Title {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        Ok(Self(checked(text, TITLE_LEN_MAX, char::is_control)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Note {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        Ok(Self(checked(text, NOTE_LEN_MAX, forbidden)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tag {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        Ok(Self(checked(text, TAG_LEN_MAX, char::is_control)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Trimmed, not empty, at most `len_max` characters, none of them `forbidden`.
pub(crate) fn checked(
    text: &str,
    len_max: usize,
    forbidden: impl Fn(char) -> bool,
) -> Result<Box<str>, InvalidText> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.contains(forbidden) {
        return Err(InvalidText::ControlCharacter);
    }
    let len = text.chars().count();
    if len_max < len {
        return Err(InvalidText::TooLong { len, max: len_max });
    }
    Ok(text.into())
}
