//! Secrets that we issue: API keys, and tokens for everything else.
//!
//! Both are 256 random bits, so keeping a plain hash is enough: a reader of the database cannot use
//! any of them.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

/// The prefix of every API key, so that people and scanners recognise one.
const KEY_PREFIX: &str = "curt_";
/// Base-62 digits of 256 bits.
const SECRET_LEN: usize = 43;
/// Base-62 digits of 32 bits.
const CHECKSUM_LEN: usize = 6;
const KEY_LEN: usize = KEY_PREFIX.len() + SECRET_LEN + CHECKSUM_LEN;
/// How much of a key lists show: its prefix and 24 of its 256 bits.
const HINT_LEN: usize = 9;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An API key as its owner sees it: `curt_`, 43 random letters and digits, and six more that are
/// the CRC-32 of all before them, so that a scanner can tell a key from similar texts.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Box<str>);

/// 43 unguessable letters and digits: a refresh token, a session or an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Box<str>);

/// The SHA-256 of a key or token: only this is stored, and it serves for the lookup.
///
/// The timing of an index lookup may reveal how much of a hash was right, but not how to make a
/// token with such a hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a key or token of ours")]
pub struct InvalidToken;

impl ApiKey {
    pub fn from_random(bytes: [u8; 32]) -> Self {
        let mut key = format!("{KEY_PREFIX}{}", base_62::<SECRET_LEN>(&bytes));
        key.push_str(&checksum(&key));
        Self(key.into())
    }

    /// Whether the text is meant to be an API key.
    pub fn looks_like(text: &str) -> bool {
        text.starts_with(KEY_PREFIX)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// Enough to tell one's own keys apart, far too little to use one.
    pub fn hint(&self) -> &str {
        &self.0[..HINT_LEN]
    }
}

impl FromStr for ApiKey {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let rest = text.strip_prefix(KEY_PREFIX).ok_or(InvalidToken)?;
        if text.len() != KEY_LEN || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidToken);
        }
        let (start, sum) = text.split_at(KEY_LEN - CHECKSUM_LEN);
        if checksum(start) == sum { Ok(Self(text.into())) } else { Err(InvalidToken) }
    }
}

impl Token {
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(base_62::<SECRET_LEN>(&bytes).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_ours =
            text.len() == SECRET_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_ours { Ok(Self(text.into())) } else { Err(InvalidToken) }
    }
}

impl TokenHash {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

fn checksum(text: &str) -> String {
    base_62::<CHECKSUM_LEN>(&crc32fast::hash(text.as_bytes()).to_be_bytes())
}

/// The number in `LEN` digits, which must be enough for it.
fn base_62<const LEN: usize>(big_endian: &[u8]) -> String {
    let mut number = big_endian.to_vec();
    let mut digits = [0; LEN];
    for digit in digits.iter_mut().rev() {
        // Divides by 62, byte by byte; the remainder is the digit.
        let mut rest = 0;
        for byte in &mut number {
            let dividend = rest << 8 | usize::from(*byte);
            *byte = u8::try_from(dividend / 62).expect("below 256 while the rest is below 62");
            rest = dividend % 62;
        }
        *digit = DIGITS[rest];
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests;
