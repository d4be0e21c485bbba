//! Checks supplied keys before anything trusts them.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use curt_domain::{KEY_LEN_MIN, SecretKey};

use super::{
    admin_key::AdminKey,
    strength::{self, Weakness},
};

/// 40 characters of hex are 160 bits; shorter ones are passwords.
const ADMIN_KEY_LEN_MIN: usize = 40;
/// Fits a header line with room to spare.
const ADMIN_KEY_LEN_MAX: usize = 512;

/// People paste base64 with and without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a key is refused. The key is not part of the message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefusedKey {
    #[error("is empty")]
    Empty,
    #[error("is neither hex nor base64")]
    NotEncoded,
    #[error("has {len} bytes, at least {KEY_LEN_MIN} are needed")]
    SecretTooShort { len: usize },
    #[error("has {len} characters, at least {ADMIN_KEY_LEN_MIN} are needed")]
    AdminKeyTooShort { len: usize },
    #[error("has more than {ADMIN_KEY_LEN_MAX} characters")]
    AdminKeyTooLong,
    #[error("contains characters other than visible ASCII")]
    NotVisible,
    #[error("{0}; make a random one with `openssl rand -hex 32`")]
    Weak(Weakness),
}

/// Hex if all characters are hex digits, otherwise base64: 64 hex digits would be valid base64 too.
pub(crate) fn secret_key(text: &str) -> Result<SecretKey, RefusedKey> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RefusedKey::Empty);
    }
    let bytes = decode(text).ok_or(RefusedKey::NotEncoded)?;
    let key = SecretKey::new(&bytes)
        .map_err(|too_short| RefusedKey::SecretTooShort { len: too_short.len })?;
    strength::check(text.as_bytes()).map_err(RefusedKey::Weak)?;
    strength::check(&bytes).map_err(RefusedKey::Weak)?;
    Ok(key)
}

pub(crate) fn admin_key(text: &str) -> Result<AdminKey, RefusedKey> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RefusedKey::Empty);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RefusedKey::NotVisible);
    }
    if text.len() < ADMIN_KEY_LEN_MIN {
        return Err(RefusedKey::AdminKeyTooShort { len: text.len() });
    }
    if ADMIN_KEY_LEN_MAX < text.len() {
        return Err(RefusedKey::AdminKeyTooLong);
    }
    strength::check(text.as_bytes()).map_err(RefusedKey::Weak)?;
    Ok(AdminKey(text.to_owned()))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return decode_hex(text);
    }
    // `-` and `_` stand for `+` and `/` in the alphabet for URLs.
    let standard = text.replace('-', "+").replace('_', "/");
    BASE64.decode(standard).ok()
}

/// An odd digit at the end is a copying mistake: refuse it instead of dropping it.
fn decode_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests;
