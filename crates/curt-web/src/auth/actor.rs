//! Extractors: who sent a request, and whether they may do what the handler does.

use std::{convert::Infallible, fmt::Write as _, marker::PhantomData, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use curt_domain::{
    Access, ApiKey, Author, Caller, Login, Role, Scope, Scopes, Token, User, UserId,
};

use super::{Cookie, Holder, cross_site};
use crate::{app::App, errors::ApiError, extract::ClientAddress, limits::Allowance};

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    pub author: Author,
    /// What they may do, which for a key is never more than its owner may.
    rights: Scopes,
    pub proof: Proof,
    client: IpAddr,
}

/// What somebody proved it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Key,
    /// Their password, when they logged in.
    Login(Login),
}

impl Actor {
    fn user(user: &User, proof: Proof, client: IpAddr) -> Self {
        Self { author: Author::User(user.id), rights: rights(user.role), proof, client }
    }

    /// For what changes something, and for the log of that.
    pub(crate) fn caller(&self) -> Caller {
        let is_remote = !matches!(self.author, Author::CommandLine(_));
        Caller {
            access: self.access(),
            author: self.author.clone(),
            client: is_remote.then_some(self.client),
            login: match self.proof {
                Proof::Key => None,
                Proof::Login(login) => Some(login),
            },
        }
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

    pub(crate) fn rights(&self) -> Scopes {
        self.rights
    }

    /// Under which their idempotency keys are kept: the person, however they come.
    pub(crate) fn name(&self) -> String {
        match self.author.user() {
            Some(user) => format!("user {user}"),
            None => "administrator".to_owned(),
        }
    }
}

fn rights(role: Role) -> Scopes {
    match role {
        Role::Administrator => Scopes::ALL,
        Role::User => Scopes::ALL.iter().filter(|scope| *scope != Scope::Admin).collect(),
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
    Admin: Admin, "Does what only administrators do.";
}

/// A caller who may do that.
pub(crate) struct By<N> {
    pub actor: Actor,
    need: PhantomData<N>,
}

impl<N: Need> FromRequestParts<App> for By<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        if !actor.may(N::SCOPE) {
            return Err(ApiError::Forbidden);
        }
        Ok(Self { actor, need: PhantomData })
    }
}

/// Whoever has an account and came with their password, not with a key: keys open no account.
pub(crate) struct Person {
    pub actor: Actor,
    pub id: UserId,
}

impl FromRequestParts<App> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        match (&actor.author, actor.proof) {
            (Author::User(id), Proof::Login(_)) => Ok(Self { id: *id, actor }),
            _ => Err(ApiError::Forbidden),
        }
    }
}

/// Whoever has an account, also through a key.
pub(crate) struct Member(pub UserId);

impl FromRequestParts<App> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        actor.author.user().map(Self).ok_or(ApiError::Forbidden)
    }
}

/// Whoever may take keys back: people their own, administrators any.
pub(crate) struct KeyKeeper(pub Actor);

impl FromRequestParts<App> for KeyKeeper {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let actor = identify(parts)?.ok_or(ApiError::Unauthenticated)?;
        if actor.proof == Proof::Key && !actor.may(Scope::Admin) {
            return Err(ApiError::Forbidden);
        }
        Ok(Self(actor))
    }
}

/// Who looks at what everybody may see. A wrong key is refused here as well.
pub(crate) enum Reader {
    Known(Actor),
    Anybody,
}

impl FromRequestParts<App> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        match identify(parts)? {
            None => Ok(Self::Anybody),
            Some(actor) if actor.may(Scope::LinksRead) => Ok(Self::Known(actor)),
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
            Self::Anonymous(client) => anonymous(*client),
        }
    }
}

impl FromRequestParts<App> for Creator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match identify(parts)? {
            Some(actor) if actor.may(Scope::LinksWrite) => Ok(Self::Known(actor)),
            Some(_) => Err(ApiError::Forbidden),
            None if app.site.links.anonymous_create => Ok(Self::Anonymous(client(parts))),
            None => Err(ApiError::Unauthenticated),
        }
    }
}

/// Somebody who has not said who they are.
pub(crate) fn anonymous(client: IpAddr) -> Caller {
    Caller { author: Author::Anonymous, client: Some(client), ..Caller::SYSTEM }
}

/// Who sent the request; set by the front for every request that it hands on.
fn client(parts: &Parts) -> IpAddr {
    let client = parts.extensions.get::<ClientAddress>();
    let ClientAddress(address) = client.expect("the front gives every request its client");
    *address
}

/// Where somebody comes from who is about to say who they are.
pub(crate) struct Whence {
    /// What their client may still do.
    pub allowance: Allowance,
    /// The cookie of a browser that somebody has logged in from before.
    pub device: Option<String>,
}

impl FromRequestParts<App> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Ok(allowance) = Allowance::from_request_parts(parts, app).await;
        let device = app.auth.cookies.find(&parts.headers, Cookie::Device);
        Ok(Self { allowance, device: device.map(str::to_owned) })
    }
}

/// Nobody, or who sent a request. A key that does not prove what it claims is refused, never taken
/// for none. The limits find it out, once for every request.
#[derive(Clone)]
pub(crate) struct Identity(pub Result<Option<Actor>, ApiError>);

impl Identity {
    pub(crate) async fn of(parts: &Parts, allowance: &Allowance, app: &App) -> Self {
        Self(prove(parts, allowance, app).await)
    }
}

fn identify(parts: &Parts) -> Result<Option<Actor>, ApiError> {
    let identity = parts.extensions.get::<Identity>();
    identity.expect("handlers of the API are behind the limits").0.clone()
}

async fn prove(parts: &Parts, allowance: &Allowance, app: &App) -> Result<Option<Actor>, ApiError> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let bearer = bearer(&parts.headers).ok_or(ApiError::Unauthenticated)?;
        return by_bearer(bearer, allowance, app).await.map(Some);
    }
    let Some(cookie) = app.auth.cookies.find(&parts.headers, Cookie::Session) else {
        return Ok(None);
    };
    // Browsers send it whoever made them ask.
    let is_ours = || cross_site::is_same_origin(&parts.headers, &app.auth.origin);
    if !cross_site::is_safe(&parts.method) && !is_ours() {
        return Err(ApiError::CrossSiteRequest);
    }
    by_session(cookie, allowance, app).await
}

async fn by_bearer(text: &str, allowance: &Allowance, app: &App) -> Result<Actor, ApiError> {
    let client = allowance.client;
    if let Some(author) = app.auth.admin_key.author(text) {
        return Ok(Actor { author, rights: Scopes::ALL, proof: Proof::Key, client });
    }
    if ApiKey::looks_like(text) {
        let key: ApiKey = text.parse().map_err(|_| ApiError::Unauthenticated)?;
        return by_key(&key, allowance, app).await;
    }
    let now = app.clock.now();
    let holder = app.auth.tokens.verify(text, now).map_err(|_| ApiError::Unauthenticated)?;
    let Holder { user, epoch, family } = holder;
    let user = app.store.token_user(user, epoch, &family).await?;
    let user = user.ok_or(ApiError::Unauthenticated)?;
    let login = Login::Family { user: user.id, token: family };
    Ok(Actor::user(&user, Proof::Login(login), client))
}

async fn by_key(key: &ApiKey, allowance: &Allowance, app: &App) -> Result<Actor, ApiError> {
    let now = app.clock.now();
    allowance.may_look_up()?;
    let Some((key, user)) = app.store.key_with_user(&key.hash(), now).await? else {
        allowance.looked_up_in_vain();
        return Err(ApiError::Unauthenticated);
    };
    // A key works also where nothing can be written: on a full disk, people still want to look.
    if let Err(error) = app.store.note_key_use(&key, now).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a key's use was not noted");
    }
    Ok(Actor {
        author: Author::Key(user.id, key.id),
        rights: key.scopes.narrowed_to(rights(user.role)),
        proof: Proof::Key,
        client: allowance.client,
    })
}

/// A session that is over is none: a browser keeps sending its cookie, also to log in again.
async fn by_session(
    cookie: &str,
    allowance: &Allowance,
    app: &App,
) -> Result<Option<Actor>, ApiError> {
    let Ok(token) = cookie.parse::<Token>() else { return Ok(None) };
    allowance.may_look_up()?;
    let Some(user) = app.store.session_user(&token.hash(), app.clock.now()).await? else {
        allowance.looked_up_in_vain();
        return Ok(None);
    };
    let proof = Proof::Login(Login::Session(token.hash()));
    Ok(Some(Actor::user(&user, proof, allowance.client)))
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
