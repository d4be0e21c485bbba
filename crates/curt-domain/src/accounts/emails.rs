//! E-mail addresses, which people sign in with.
//!
//! Deliberately looser than mail servers: only a message can tell whether an address works. The
//! rules here ensure that it is one line, that no two accounts have the same address, and that
//! different addresses look different.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Longest address, in bytes (RFC 5321).
pub const EMAIL_LEN_MAX: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321).
const LOCAL_LEN_MAX: usize = 64;

/// An address as typed, and the form in which it is unique.
#[derive(Clone)]
pub struct Email {
    text: Box<str>,
    key: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    #[error("is empty")]
    Empty,
    #[error("has {len} bytes, at most {EMAIL_LEN_MAX} are allowed")]
    TooLong { len: usize },
    #[error("contains {found:?}")]
    Character { found: char },
    #[error("is not of the form name@example.com")]
    Form,
}

impl Email {
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        if EMAIL_LEN_MAX < text.len() {
            return Err(InvalidEmail::TooLong { len: text.len() });
        }
        // Characters that mail programs interpret, and quoting, which is not used in practice.
        let forbidden =
            |c: char| c.is_control() || c.is_whitespace() || "\"(),:;<>[\\]".contains(c);
        // The normalised form reveals substitutes for forbidden characters, for example full-width
        // ones.
        let folded: String = text.nfkc().collect();
        if let Some(found) = text.chars().chain(folded.chars()).find(|&c| forbidden(c)) {
            return Err(InvalidEmail::Character { found });
        }
        let (local, domain) = folded.split_once('@').ok_or(InvalidEmail::Form)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail::Form)?;
        if local.is_empty() || LOCAL_LEN_MAX < local.len() || domain.is_empty() {
            return Err(InvalidEmail::Form);
        }
        let key = format!("{}@{domain}", without_case(local));
        if EMAIL_LEN_MAX < key.len() {
            return Err(InvalidEmail::TooLong { len: key.len() });
        }
        Ok(Self { text: text.into(), key: key.into() })
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Equal for addresses that count as the same: lower case, compatible forms of letters merged,
    /// the domain in its DNS form.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Lowering a letter can decompose it, so the result is normalised again.
fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).nfkc().collect()
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Personal data does not belong in logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests;
