//! What knowing callers takes, apart from the store.

use curt_domain::SecretKey;
use url::Url;

use super::{
    bodies::BodyHashes, bootstrap::Bootstrap, cookies::Cookies, devices::Devices, hasher::Hasher,
    refresh_chain::RefreshChain, throttle::LoginThrottle, tokens::AccessTokens, unlocks::Unlocks,
};
use crate::admin_key::AdminKey;

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
    pub refresh_chain: RefreshChain,
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
            refresh_chain: RefreshChain::new(secret),
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
