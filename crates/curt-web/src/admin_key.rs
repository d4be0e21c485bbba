//! Keys with all rights: the configured administrator's key, and one that a command on the server
//! draws for itself.

use std::fmt;

use curt_domain::Author;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Kept as a hash: all guesses take the same time to compare, and memory never holds the key.
#[derive(Clone)]
pub struct AdminKey {
    hash: [u8; 32],
    holder: Author,
}

impl AdminKey {
    /// The key from the configuration.
    pub fn new(key: &str) -> Self {
        Self { hash: hash(key), holder: Author::AdminKey }
    }

    /// A key drawn by a command that runs as this operating system user.
    pub fn of_command(key: &str, user_name: String) -> Self {
        Self { hash: hash(key), holder: Author::CommandLine(user_name) }
    }

    /// The author who has this key, if the key is right.
    pub(crate) fn author(&self, guess: &str) -> Option<Author> {
        let is_right: bool = self.hash.ct_eq(&hash(guess)).into();
        is_right.then(|| self.holder.clone())
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}
