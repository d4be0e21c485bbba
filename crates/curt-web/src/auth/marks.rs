//! Marks on what this deployment has written itself: it knows them again, and nobody else can make them.

use std::fmt;

use curt_domain::SecretKey;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Makes the marks of one purpose, under a key that no other purpose has.
#[derive(Clone)]
pub(crate) struct Marker(Hmac<Sha256>);

impl Marker {
    pub(crate) fn new(secret: &SecretKey, purpose: &str) -> Self {
        let key = secret.derive(purpose);
        Self(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn mark(&self, text: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(text).finalize().into_bytes().into()
    }

    /// Whether it is the mark of this text; how long that takes tells nothing about the right one.
    pub(crate) fn is_right(&self, mark: &[u8], text: &[u8]) -> bool {
        self.0.clone().chain_update(text).verify_slice(mark).is_ok()
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marker(…)")
    }
}
