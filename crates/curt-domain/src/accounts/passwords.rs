//! Passwords: as users type them, and the rules for new ones.
//!
//! The rules are those of NIST SP 800-63B: length counts in characters of any script, and no kinds
//! of characters are required; easily guessed passwords are refused. The estimate of guesses and
//! the lists of common passwords, names and words behind it are zxcvbn's: about 30 000 passwords,
//! also with digits appended, letters replaced, repeated, or typed along the keyboard.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, zxcvbn};

use super::Email;

/// Shortest new password, in characters.
pub const PASSWORD_LEN_MIN: usize = 12;
/// Longest new password, in characters: room for a sentence, and short enough to hash.
pub const PASSWORD_LEN_MAX: usize = 128;

/// Shortest new password of a link, in characters: people read it out to each other.
pub const LINK_PASSWORD_LEN_MIN: usize = 8;

/// Characters checked for how easy they are to guess: if these are hard, the whole is too. The
/// estimate takes up to 1 s for a malicious text of 128 characters, and 40 ms for this many.
const ESTIMATED_LEN: usize = 24;

/// Words that people think of first in this program, besides their own address.
const OUR_WORDS: [&str; 3] = ["curt", "shortener", "shorturl"];

/// A password as typed, with its letters in one form (NFKC), because keyboards differ.
#[derive(Clone)]
pub struct Password {
    text: Box<str>,
    /// The text as typed, if it differs from NFKC.
    typed: Option<Box<str>>,
}

/// A password that may be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(Password);

/// The purpose of a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordUse {
    /// For the account with this address.
    Account(Email),
    Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("has {len} characters, at least {len_min} are needed")]
    TooShort { len: usize, len_min: usize },
    #[error("has {len} characters, at most {PASSWORD_LEN_MAX} are allowed")]
    TooLong { len: usize },
    #[error("is easy to guess")]
    Guessable,
}

impl Password {
    pub fn new(typed: &str) -> Self {
        let text: Box<str> = typed.nfkc().collect();
        let typed = (*text != *typed).then(|| typed.into());
        Self { text, typed }
    }

    /// Only for hashing.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as typed, if different. Programs that do not normalise hashed that text.
    pub fn other_form(&self) -> Option<&str> {
        self.typed.as_deref()
    }
}

/// Equal if the normalised texts are.
impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hash of a password as a PHC string, which names its algorithm and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl NewPassword {
    /// Takes milliseconds: do not call it on a thread that serves other requests.
    pub fn check(password: Password, usage: &PasswordUse) -> Result<Self, WeakPassword> {
        usage.check_len(&password)?;
        if usage.guesses(&password.text) {
            return Err(WeakPassword::Guessable);
        }
        Ok(Self(password))
    }

    pub fn password(&self) -> &Password {
        &self.0
    }
}

impl PasswordUse {
    const fn len_min(&self) -> usize {
        match self {
            Self::Account(_) => PASSWORD_LEN_MIN,
            Self::Link => LINK_PASSWORD_LEN_MIN,
        }
    }

    /// The part of [`NewPassword::check`] that takes no time.
    pub fn check_len(&self, password: &Password) -> Result<(), WeakPassword> {
        let (len, len_min) = (password.text.chars().count(), self.len_min());
        if len < len_min {
            return Err(WeakPassword::TooShort { len, len_min });
        }
        if PASSWORD_LEN_MAX < len {
            return Err(WeakPassword::TooLong { len });
        }
        Ok(())
    }

    /// Whether the password can be guessed. For an account in fewer than 10^8 guesses, which a
    /// patient attacker of a slow hash can try. For a link in fewer than 10^6, because limits allow
    /// only some ten thousand a day.
    fn guesses(&self, password: &str) -> bool {
        let (known, least) = match self {
            Self::Account(email) => (words_of(email), Score::Three),
            Self::Link => (Vec::new(), Score::Two),
        };
        let known: Vec<&str> = known.iter().map(String::as_str).chain(OUR_WORDS).collect();
        zxcvbn(&start(password), &known).score() < least
    }
}

fn words_of(email: &Email) -> Vec<String> {
    let parts = email.key().split(|c: char| !c.is_alphanumeric()).chain(email.key().split('@'));
    parts.chain([email.key(), email.as_str()]).map(start).collect()
}

fn start(text: &str) -> String {
    text.chars().take(ESTIMATED_LEN).collect()
}

#[cfg(test)]
mod tests;
