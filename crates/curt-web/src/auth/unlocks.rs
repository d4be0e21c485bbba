//! Links that a visitor has given the password of: a signed cookie says so for a few minutes.
//!
//! It is valid for one link and one password. Nothing about it is stored, so every node of the
//! deployment accepts it, and it ends when the password changes.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::{LinkId, PasswordHash, SecretKey, Timestamp};

use super::mac::Mac;

/// How long a link stays open for the browser that gave its password.
pub(crate) const UNLOCK_AGE_MAX: Duration = Duration::from_mins(10);

#[derive(Debug, Clone)]
pub(crate) struct Unlocks(Mac);

impl Unlocks {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        Self(Mac::new(secret, "curt unlocked links"))
    }

    /// The cookie's value for a browser that has just given the password of this link.
    pub(crate) fn cookie(&self, link: LinkId, password: &PasswordHash, now: Timestamp) -> String {
        let until = now.plus(UNLOCK_AGE_MAX).as_millis();
        let mac = self.0.sign(&signed_text(link, password, until));
        format!("{until}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whether the cookie opens this link, while this is the link's password.
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
        // A clock that was set back extends nothing.
        let is_current = now.as_millis() < until && until <= now.plus(UNLOCK_AGE_MAX).as_millis();
        is_current && self.0.verify(&mac, &signed_text(link, password, until))
    }
}

/// The signed text. The hash comes last: both numbers have a fixed length.
fn signed_text(link: LinkId, password: &PasswordHash, until: i64) -> Vec<u8> {
    [&link.get().to_le_bytes()[..], &until.to_le_bytes(), password.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests;
