//! Who a caller is, and what the caller may do.
//!
//! [`By`] in a handler's signature names the right that the caller must have; the handler gets an
//! [`Actor`]. Every request asks the store anew, so disabling, demoting or logging out a user takes
//! effect at once, on every node.

mod actor;
mod bodies;
mod bootstrap;
mod cookies;
mod cross_site;
mod devices;
mod extractors;
mod hasher;
mod identity;
mod mac;
mod parts;
mod random;
mod refresh_chain;
mod throttle;
mod tokens;
mod unlocks;

pub(crate) use actor::{Actor, Proof, anonymous};
pub use bootstrap::{BOOTSTRAP_AGE_MAX, Bootstrap};
pub(crate) use cookies::Cookie;
pub(crate) use cross_site::{is_foreign, is_same_origin, is_sent_by_another_site};
pub(crate) use devices::DEVICE_AGE_MAX;
pub(crate) use extractors::{
    AccountUser, Admin, By, Creator, KeyManager, LoginOrigin, ReadAnalytics, ReadLinks, Reader,
    SignedIn, WriteLinks,
};
pub(crate) use hasher::Verified;
pub(crate) use identity::{Identity, IdentitySources};
pub(crate) use parts::Auth;
pub use parts::{AuthSettings, Registration};
pub(crate) use random::random;
pub(crate) use throttle::{Guesser, RetryAfter};
pub(crate) use tokens::{ACCESS_AGE_MAX, AccessClaims};
pub(crate) use unlocks::UNLOCK_AGE_MAX;
