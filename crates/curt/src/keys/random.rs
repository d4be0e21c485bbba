//! Random text from the operating system.

use std::fmt::Write as _;

/// `BYTES` random bytes from the operating system, in hex.
pub(crate) fn random_hex<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    let mut hex = String::with_capacity(2 * BYTES);
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
    }
    Ok(hex)
}
