//! What authentication needs, apart from the store.

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

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Registration {
    /// Administrators make all accounts.
    #[default]
    Closed,
    /// People with an invitation.
    Invite,
    Open,
}

/// What authentication needs, apart from the store.
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
    /// Absent if there already was an administrator at the start.
    pub bootstrap: Option<Bootstrap>,
    /// The public URL's origin, as browsers write it in `Origin`.
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
