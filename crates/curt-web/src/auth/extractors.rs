//! Extractors: who sent a request, and whether the caller may do what the handler does.

use std::{convert::Infallible, fmt::Write as _, marker::PhantomData, net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use curt_domain::{Author, Caller, Scope, UserId};

use super::{
    actor::{Actor, Proof, anonymous},
    cookies::Cookie,
    identity::identify,
    parts::Auth,
};
use crate::{gate::Allowance, request::extract::ClientAddress, response::ApiError, site::Site};

/// A right, as a type.
pub(crate) trait Need: Send + Sync {
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($name:ident: $scope:ident, $about:literal;)*) => {$(
        #[doc = $about]
        pub(crate) struct $name;

        impl Need for $name {
            const SCOPE: Scope = Scope::$scope;
        }
    )*};
}

needs! {
    ReadLinks: LinksRead, "Sees links, with everything about them but how often they are followed.";
    WriteLinks: LinksWrite, "Makes, changes and deletes links.";
    ReadAnalytics: AnalyticsRead, "Sees how often links are followed.";
    Admin: Admin, "Does what only administrators do.";
}

/// A caller who has this right.
pub(crate) struct By<N> {
    pub actor: Actor,
    need: PhantomData<N>,
}

impl<S: Send + Sync, N: Need> FromRequestParts<S> for By<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        if !actor.may(N::SCOPE) {
            return Err(ApiError::Forbidden);
        }
        Ok(Self { actor, need: PhantomData })
    }
}

/// A caller with an account who logged in with a password: keys give no access to the account.
pub(crate) struct SignedIn {
    pub actor: Actor,
    pub id: UserId,
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        match (&actor.author, actor.proof) {
            (Author::User(id), Proof::Login(_)) => Ok(Self { id: *id, actor }),
            _ => Err(ApiError::Forbidden),
        }
    }
}

/// A caller with an account, also through a key.
pub(crate) struct AccountUser(pub UserId);

impl<S: Send + Sync> FromRequestParts<S> for AccountUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        actor.author.user().map(Self).ok_or(ApiError::Forbidden)
    }
}

/// A caller who may delete keys: users their own, administrators any.
pub(crate) struct KeyManager(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for KeyManager {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        if actor.proof == Proof::Key && !actor.may(Scope::Admin) {
            return Err(ApiError::Forbidden);
        }
        Ok(Self(actor))
    }
}

/// A caller who reads public data. A wrong key is refused here as well.
pub(crate) enum Reader {
    Known(Actor),
    Anybody,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match identify(parts)? {
            None => Ok(Self::Anybody),
            Some(actor) if actor.may(Scope::LinksRead) => Ok(Self::Known(actor)),
            Some(_) => Err(ApiError::Forbidden),
        }
    }
}

/// A caller who creates a link. A wrong key is refused, not treated as no key.
pub(crate) enum Creator {
    Known(Actor),
    Anonymous(IpAddr),
}

impl Creator {
    /// Under which name idempotency keys are kept: strangers must not see each other's answers.
    /// Strangers behind one proxy share an address, so an anonymous caller is also known by the
    /// body: a caller who gets an answer again already knows all that went into it.
    pub(crate) fn name(&self, body_hash: &[u8; 32]) -> String {
        match self {
            Self::Known(actor) => actor.name(),
            Self::Anonymous(address) => {
                let mut name = format!("anonymous {address} ");
                for byte in body_hash {
                    write!(name, "{byte:02x}").expect("writing to a string cannot fail");
                }
                name
            }
        }
    }

    pub(crate) fn caller(&self) -> Caller {
        match self {
            Self::Known(actor) => actor.caller(),
            Self::Anonymous(client) => anonymous(*client),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Creator
where
    Arc<Site>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let site = Arc::<Site>::from_ref(state);
        match identify(parts)? {
            Some(actor) if actor.may(Scope::LinksWrite) => Ok(Self::Known(actor)),
            Some(_) => Err(ApiError::Forbidden),
            None if site.links.anonymous_create => {
                let Ok(ClientAddress(client)) =
                    ClientAddress::from_request_parts(parts, state).await;
                Ok(Self::Anonymous(client))
            }
            None => Err(ApiError::Unauthenticated),
        }
    }
}

/// Where a login attempt comes from.
pub(crate) struct LoginOrigin {
    /// What the client may still do.
    pub allowance: Allowance,
    /// The cookie of a browser that a user has logged in from before.
    pub device: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for LoginOrigin
where
    Arc<Auth>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Ok(allowance) = Allowance::from_request_parts(parts, state).await;
        let device = Arc::<Auth>::from_ref(state).cookies.find(&parts.headers, Cookie::Device);
        Ok(Self { allowance, device: device.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests;
