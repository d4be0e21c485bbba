//! The one secret of a deployment, and the keys derived from it.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

/// Shorter keys could be guessed: 256 bits, the size of the keys derived from it.
pub const KEY_LEN_MIN: usize = 32;

/// The deployment's secret. All nodes of a database have the same one; it is never used directly.
#[derive(Clone)]
pub struct SecretKey(Box<[u8]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret key has {len} bytes, {KEY_LEN_MIN} are needed")]
pub struct KeyTooShort {
    pub len: usize,
}

impl SecretKey {
    pub fn new(bytes: &[u8]) -> Result<Self, KeyTooShort> {
        if bytes.len() < KEY_LEN_MIN {
            return Err(KeyTooShort { len: bytes.len() });
        }
        Ok(Self(bytes.into()))
    }

    /// A key for one purpose (HKDF-SHA256, RFC 5869): it reveals nothing about the other keys.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.as_bytes(), &mut key)
            .expect("32 bytes are below the 8 160 that HKDF-SHA256 can give");
        key
    }

    /// A value that the database keeps, so that a node with another secret is detected before it
    /// writes.
    pub fn fingerprint(&self) -> String {
        let key = self.derive("curt key check");
        let (half, _) = key.split_first_chunk().expect("keys have 32 bytes");
        format!("{:032x}", u128::from_be_bytes(*half))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests;
