//! Who a caller is, and what that lets them do.
//!
//! [`By`] stands in a handler's signature and says what the caller must be allowed to; the handler
//! gets an [`Actor`]. Every request asks the store anew, so whoever is disabled, demoted or logged
//! out is so at once, on every node.

use curt_domain::SecretKey;
use url::Url;

use crate::AdminKey;

mod actor;
mod bodies;
mod bootstrap;
mod cookies;
mod cross_site;
mod devices;
mod hasher;
mod marks;
mod successors;
mod throttle;
mod tokens;
mod unlocks;

pub(crate) use actor::{
    Actor, Admin, By, Creator, Identity, KeyKeeper, Member, Person, Proof, ReadAnalytics,
    ReadLinks, Reader, Whence, WriteLinks, anonymous,
};
pub(crate) use bodies::BodyHashes;
pub use bootstrap::{BOOTSTRAP_AGE_MAX, Bootstrap};
pub(crate) use cookies::{Cookie, Cookies};
pub(crate) use cross_site::{is_foreign, is_same_origin, is_sent_by_another_site};
pub(crate) use devices::{DEVICE_AGE_MAX, Devices};
pub(crate) use hasher::{Hasher, Verified};
pub(crate) use successors::Successors;
pub(crate) use throttle::{Guesser, LoginThrottle, Paused};
pub(crate) use tokens::{ACCESS_AGE_MAX, AccessTokens, Holder};
pub(crate) use unlocks::{UNLOCK_AGE_MAX, Unlocks};

/// Section `auth` of the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthSettings {
    pub registration: Registration,
}

/// Who may make an account for themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Registration {
    /// Administrators make all accounts.
    #[default]
    Closed,
    /// Whoever was given an invitation.
    Invite,
    Open,
}

/// What knowing callers takes, apart from the store.
#[derive(Debug)]
pub(crate) struct Auth {
    pub settings: AuthSettings,
    pub admin_key: AdminKey,
    pub hasher: Hasher,
    pub tokens: AccessTokens,
    pub successors: Successors,
    pub cookies: Cookies,
    pub devices: Devices,
    pub unlocks: Unlocks,
    pub bodies: BodyHashes,
    pub throttle: LoginThrottle,
    /// Absent once there is an administrator.
    pub bootstrap: Option<Bootstrap>,
    /// Of the public URL, as browsers write it in `Origin`.
    pub origin: String,
}

impl Auth {
    pub(crate) fn new(
        settings: AuthSettings,
        admin_key: AdminKey,
        bootstrap: Option<Bootstrap>,
        secret: &SecretKey,
        public_url: &Url,
    ) -> Self {
        Self {
            settings,
            admin_key,
            hasher: Hasher::default(),
            tokens: AccessTokens::new(secret, public_url.as_str().trim_end_matches('/')),
            successors: Successors::new(secret),
            cookies: Cookies::of_scheme(public_url.scheme()),
            devices: Devices::new(secret),
            unlocks: Unlocks::new(secret),
            bodies: BodyHashes::new(secret),
            throttle: LoginThrottle::new(),
            bootstrap,
            origin: public_url.origin().ascii_serialization(),
        }
    }
}

/// What nobody can guess.
pub(crate) fn random<const LEN: usize>() -> [u8; LEN] {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once it has booted");
    bytes
}
