//! How a repeated request is recognised: by a keyed hash of its body.
//!
//! Bodies may hold passwords of links. An attacker who reads the database must not be able to try
//! passwords against a hash that is made to be fast.

use curt_domain::SecretKey;

use super::mac::Mac;

#[derive(Debug, Clone)]
pub(crate) struct BodyHashes(Mac);

impl BodyHashes {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        Self(Mac::new(secret, "curt request bodies"))
    }

    pub(crate) fn of(&self, body: &[u8]) -> [u8; 32] {
        self.0.sign(body)
    }
}
