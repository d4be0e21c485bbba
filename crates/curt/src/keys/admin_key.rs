//! The key that gives access to the API as an administrator.

use std::fmt;

use curt_domain::KEY_LEN_MIN;

use super::random::random_hex;

/// An administrator's API key.
#[derive(Clone)]
pub(crate) struct AdminKey(pub(super) String);

impl AdminKey {
    /// A key that no other process knows, for requests within this process.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        random_hex::<KEY_LEN_MIN>().map(Self)
    }

    /// The key itself: for comparing and hashing, never for printing.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}
