//! What a request is known by when it comes again: the hash of its body, under a key.
//!
//! Bodies may hold passwords of links. Whoever reads the database must not be able to try passwords
//! against a hash that is made to be fast.

use std::fmt;

use curt_domain::SecretKey;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

#[derive(Clone)]
pub(crate) struct BodyHashes(Hmac<Sha256>);

impl BodyHashes {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        let key = secret.derive("curt request bodies");
        Self(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn of(&self, body: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(body).finalize().into_bytes().into()
    }
}

impl fmt::Debug for BodyHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyHashes(…)")
    }
}
