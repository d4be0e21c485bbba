//! Links that a visitor has given the password of: a signed cookie says so for some minutes.
//!
//! It is good for one link and one password. Nothing of it is kept here, so every node of the
//! deployment knows it, and it ends with the password.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::{LinkId, PasswordHash, SecretKey, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How long a link stays open for the browser that gave its password.
pub(crate) const UNLOCK_AGE_MAX: Duration = Duration::from_mins(10);

#[derive(Clone)]
pub(crate) struct Unlocks(Hmac<Sha256>);

impl Unlocks {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        let key = secret.derive("curt unlocked links");
        Self(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"))
    }

    /// The cookie's value for a browser that has just given the password of this link.
    pub(crate) fn cookie(&self, link: LinkId, password: &PasswordHash, now: Timestamp) -> String {
        let until = now.plus(UNLOCK_AGE_MAX).as_millis();
        let mac = self.mac(link, password, until).finalize().into_bytes();
        format!("{until}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whether it opens this link, as long as this is its password.
    pub(crate) fn opens(
        &self,
        cookie: &str,
        link: LinkId,
        password: &PasswordHash,
        now: Timestamp,
    ) -> bool {
        let Some((until, mac)) = cookie.split_once('.') else { return false };
        let Ok(until) = until.parse::<i64>() else { return false };
        let Ok(mac) = URL_SAFE_NO_PAD.decode(mac) else { return false };
        // A clock that was set back lengthens nothing.
        let is_current = now.as_millis() < until && until <= now.plus(UNLOCK_AGE_MAX).as_millis();
        is_current && self.mac(link, password, until).verify_slice(&mac).is_ok()
    }

    /// The hash stands last: the two numbers have one length.
    fn mac(&self, link: LinkId, password: &PasswordHash, until: i64) -> Hmac<Sha256> {
        let numbers = self.0.clone().chain_update(link.get().to_le_bytes());
        numbers.chain_update(until.to_le_bytes()).chain_update(password.as_str())
    }
}

impl fmt::Debug for Unlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unlocks(…)")
    }
}

#[cfg(test)]
mod tests;
