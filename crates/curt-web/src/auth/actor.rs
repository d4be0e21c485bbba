//! Extractors: who sent a request, and whether they may do what the handler does.

use std::{fmt::Write as _, marker::PhantomData, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use curt_domain::{Access, Author, Caller, Scope, Scopes};

use crate::{app::App, errors::ApiError, extract::ClientAddress};

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    pub author: Author,
    /// What they may do, which for a key is never more than its owner may.
    rights: Scopes,
    client: IpAddr,
}

impl Actor {
    /// For what changes something, and for the log of that.
    pub(crate) fn caller(&self) -> Caller {
        Caller { access: self.access(), author: self.author.clone(), client: Some(self.client) }
    }

    /// Whose links they may see and change.
    pub(crate) fn access(&self) -> Access {
        match self.author.user() {
            Some(user) if !self.may(Scope::Admin) => Access::Of(user),
            _ => Access::All,
        }
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.rights.covers(scope)
    }

    /// Under which their idempotency keys are kept: the person, however they come.
    pub(crate) fn name(&self) -> String {
        match self.author.user() {
            Some(user) => format!("user {user}"),
            None => "administrator".to_owned(),
        }
    }
}

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
}

/// A caller who may do that.
pub(crate) struct By<N> {
    pub actor: Actor,
    need: PhantomData<N>,
}

impl<N: Need> FromRequestParts<App> for By<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let actor = identify(parts, app)?.ok_or(ApiError::Unauthenticated)?;
        if !actor.may(N::SCOPE) {
            return Err(ApiError::Forbidden);
        }
        Ok(Self { actor, need: PhantomData })
    }
}

/// Who looks at what everybody may see. A wrong key is refused here as well.
pub(crate) enum Reader {
    Known,
    Anybody,
}

impl FromRequestParts<App> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match identify(parts, app)? {
            None => Ok(Self::Anybody),
            Some(actor) if actor.may(Scope::LinksRead) => Ok(Self::Known),
            Some(_) => Err(ApiError::Forbidden),
        }
    }
}

/// Who creates a link. A wrong key is refused, never taken for no key.
pub(crate) enum Creator {
    Known(Actor),
    Anonymous(IpAddr),
}

impl Creator {
    /// Under which idempotency keys are kept: strangers must not see each other's answers. Behind
    /// one proxy strangers have one address, so an anonymous caller is known by the body too: who
    /// gets an answer again knows all that went into it.
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
            Self::Anonymous(client) => {
                Caller { access: Access::All, author: Author::Anonymous, client: Some(*client) }
            }
        }
    }
}

impl FromRequestParts<App> for Creator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match identify(parts, app)? {
            Some(actor) if actor.may(Scope::LinksWrite) => Ok(Self::Known(actor)),
            Some(_) => Err(ApiError::Forbidden),
            None if app.site.links.anonymous_create => Ok(Self::Anonymous(client(parts))),
            None => Err(ApiError::Unauthenticated),
        }
    }
}

/// Who sent the request; set by the front for every request it hands on.
pub(crate) fn client(parts: &Parts) -> IpAddr {
    let client = parts.extensions.get::<ClientAddress>();
    let ClientAddress(address) = client.expect("the front gives every request its client");
    *address
}

/// Nobody, or who it is. A key that does not prove what it claims is refused, never taken for none.
fn identify(parts: &Parts, app: &App) -> Result<Option<Actor>, ApiError> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let bearer = bearer(&parts.headers).ok_or(ApiError::Unauthenticated)?;
        return by_bearer(bearer, client(parts), app).map(Some);
    }
    Ok(None)
}

fn by_bearer(text: &str, client: IpAddr, app: &App) -> Result<Actor, ApiError> {
    if let Some(author) = app.admin_key.author(text) {
        return Ok(Actor { author, rights: Scopes::ALL, client });
    }
    Err(ApiError::Unauthenticated)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    // Of two, a proxy may have checked the other one.
    if values.next().is_some() {
        return None;
    }
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests;
