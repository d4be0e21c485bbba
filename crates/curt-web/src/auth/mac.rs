//! Message authentication codes (HMAC-SHA-256) on values that this deployment hands out: it
//! recognises them later, and only a holder of the secret can make them.

use std::fmt;

use curt_domain::SecretKey;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Signs for one purpose, with a key that no other purpose has.
#[derive(Clone)]
pub(crate) struct Mac(Hmac<Sha256>);

impl Mac {
    pub(crate) fn new(secret: &SecretKey, purpose: &str) -> Self {
        let key = secret.derive(purpose);
        Self(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(text).finalize().into_bytes().into()
    }

    /// Whether this is the text's code. Compares in constant time.
    pub(crate) fn verify(&self, code: &[u8], text: &[u8]) -> bool {
        self.0.clone().chain_update(text).verify_slice(code).is_ok()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}
