//! Distinguishes keys from a random source from keys that a person made up or copied.
//!
//! It cannot prove that a key is random. It refuses unlikely ones: published words, patterns, and
//! too little variety.

/// Bits of variety that a key must show, by Shannon's estimate over its bytes. The estimate is too
/// low: 32 random bytes show about 155 bits of their 256, and 40 random hex digits between 125 and
/// 155 of their 160. So the minimum is below the 128 bits that a key should have.
const ENTROPY_BITS_MIN: f64 = 112.0;

/// Passwords and placeholders found in published example files.
const WELL_KNOWN: [&str; 26] = [
    "123456",
    "admin",
    "administrator",
    "changeit",
    "changeme",
    "curt",
    "default",
    "demo",
    "example",
    "letmein",
    "mariadb",
    "mongouser",
    "mysql",
    "pass",
    "password",
    "postgres",
    "postgresql",
    "qwerty",
    "root",
    "secret",
    "securekey",
    "shortener",
    "supersecret",
    "test",
    "topsecretpass",
    "yoursecretkey",
];

/// Words of this many letters do not occur in a random key by chance: once in some million keys in
/// base64, never in hex. Runs of digits do occur, so they prove nothing.
const TELLTALE_LEN_MIN: usize = 6;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weakness {
    #[error("contains a well-known word or example value")]
    WellKnown,
    #[error("is a pattern, not random")]
    Pattern,
    #[error("is too uniform to be random")]
    Uniform,
}

/// Checks the bytes of a key, encoded or decoded.
pub(crate) fn check(key: &[u8]) -> Result<(), Weakness> {
    let letters = letters(key);
    let is_telltale = |word: &str| {
        TELLTALE_LEN_MIN <= word.len() && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    if WELL_KNOWN.iter().any(|word| is_telltale(word) && letters.contains(word)) {
        return Err(Weakness::WellKnown);
    }
    if is_sequence(key) || is_repetition(key) {
        return Err(Weakness::Pattern);
    }
    if entropy_bits(key) < ENTROPY_BITS_MIN {
        return Err(Weakness::Uniform);
    }
    Ok(())
}

/// Whether a password is one that attackers try first.
pub(crate) fn is_well_known(password: &str) -> bool {
    WELL_KNOWN.contains(&letters(password.as_bytes()).as_str())
}

/// `Change-Me` and `changeme` are the same word.
fn letters(key: &[u8]) -> String {
    let bytes = key.iter().filter(|byte| byte.is_ascii_alphanumeric());
    bytes.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// `abcdefgh…`, `00 01 02 …`, `aaaa…`: most neighbours are the same step apart.
fn is_sequence(key: &[u8]) -> bool {
    let mut steps = [0_usize; 256];
    for pair in key.windows(2) {
        steps[usize::from(pair[1].wrapping_sub(pair[0]))] += 1;
    }
    steps.iter().any(|&count| key.len() < 2 * count)
}

/// A short key repeated several times is only as good as the short key.
fn is_repetition(key: &[u8]) -> bool {
    (1..=key.len() / 2).any(|period| key[period..].iter().eq(&key[..key.len() - period]))
}

#[expect(clippy::cast_precision_loss, reason = "counts of bytes in a key are far below 2^52")]
fn entropy_bits(key: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    for &byte in key {
        counts[usize::from(byte)] += 1;
    }
    let len = key.len() as f64;
    counts.iter().filter(|&&count| 0 < count).map(|&n| n as f64 * (len / n as f64).log2()).sum()
}

#[cfg(test)]
mod tests;
