//! E-mail addresses: what people sign in with.
//!
//! Looser than what mail servers take, on purpose: whether an address works only a message tells.
//! What matters here is that it is one line, that nobody can have the same twice, and that looks
//! tell addresses apart.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Longest address, in bytes (RFC 5321).
pub const EMAIL_LEN_MAX: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321).
const LOCAL_LEN_MAX: usize = 64;

/// An address as it was typed, and the form in which it is unique.
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
        // What mail programs would read as more than an address, and quoting, which nobody uses.
        let forbidden =
            |c: char| c.is_control() || c.is_whitespace() || "\"(),:;<>[\\]".contains(c);
        // The second form shows what stands in for a forbidden sign, full-width for one.
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

    /// Equal for addresses that count as the same: without case, compatible forms of letters made
    /// one, the domain as the name system has it.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Lowering a letter can take it apart, so that the forms have to be made one again.
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

/// Personal data has no place in logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests;
