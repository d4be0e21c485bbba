//! Browsers that a user has logged in from: known by a signed cookie; nothing is stored.
//!
//! The cookie opens nothing. It only counts its owner apart from attackers guessing at the account.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::{SecretKey, Timestamp, UserId};

use super::{mac::Mac, random::random};
use crate::request::extract::decimal;

/// How long a browser stays known after a login.
pub(crate) const DEVICE_AGE_MAX: Duration = Duration::from_hours(180 * 24);

/// Random bytes that make a browser unique.
const ID_BYTES: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct Devices(Mac);

impl Devices {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        Self(Mac::new(secret, "curt known devices"))
    }

    /// The cookie's value for a browser that this user has just logged in from.
    pub(crate) fn cookie(&self, user: UserId, now: Timestamp) -> String {
        let id = URL_SAFE_NO_PAD.encode(random::<ID_BYTES>());
        let device = format!("{user}.{}.{id}", now.as_millis());
        let mac = self.0.sign(device.as_bytes());
        format!("{device}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whether this user has logged in from the browser that sent the cookie.
    pub(crate) fn knows(&self, cookie: &str, user: UserId, now: Timestamp) -> bool {
        let Some((device, mac)) = cookie.rsplit_once('.') else { return false };
        let Ok(mac) = URL_SAFE_NO_PAD.decode(mac) else { return false };
        if !self.0.verify(&mac, device.as_bytes()) {
            return false;
        }
        let mut parts = device.split('.');
        let owner = parts.next().and_then(decimal).and_then(UserId::new);
        let since = parts.next().and_then(|millis| millis.parse().ok());
        let Some(since) = since.map(Timestamp::from_millis) else { return false };
        owner == Some(user) && now.since(since) < DEVICE_AGE_MAX
    }
}

#[cfg(test)]
mod tests;
