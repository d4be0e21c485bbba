//! Finding out who sent a request: by a key, a token or a browser session.

use axum::http::{HeaderMap, header, request::Parts};
use curt_domain::{ApiKey, Author, Clock, Login, Scopes, Token};
use curt_store::Store;

use super::{
    actor::{Actor, Proof, rights},
    cookies::Cookie,
    cross_site,
    parts::Auth,
    tokens::AccessClaims,
};
use crate::{gate::Allowance, response::ApiError};

/// What credentials are looked up in and checked against.
pub(crate) struct IdentitySources<'a> {
    pub auth: &'a Auth,
    pub store: &'a Store,
    pub clock: &'a Clock,
}

/// The sender of a request, if it has one. A key that does not prove its claim is refused, not
/// treated as no key. `admission` finds this out once per request.
#[derive(Clone)]
pub(crate) struct Identity(pub Result<Option<Actor>, ApiError>);

impl Identity {
    pub(crate) async fn of(
        parts: &Parts,
        allowance: &Allowance,
        sources: &IdentitySources<'_>,
    ) -> Self {
        Self(prove(parts, allowance, sources).await)
    }
}

/// The sender of a request that passed the middleware.
pub(super) fn identify(parts: &Parts) -> Result<Option<Actor>, ApiError> {
    let identity = parts.extensions.get::<Identity>();
    identity.expect("handlers of the API are behind the limits").0.clone()
}

async fn prove(
    parts: &Parts,
    allowance: &Allowance,
    sources: &IdentitySources<'_>,
) -> Result<Option<Actor>, ApiError> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let bearer = bearer(&parts.headers).ok_or(ApiError::Unauthenticated)?;
        return by_bearer(bearer, allowance, sources).await.map(Some);
    }
    let Some(cookie) = sources.auth.cookies.find(&parts.headers, Cookie::Session) else {
        return Ok(None);
    };
    // Browsers send the cookie whichever site caused the request.
    let is_ours = || cross_site::is_same_origin(&parts.headers, &sources.auth.origin);
    if !cross_site::is_safe(&parts.method) && !is_ours() {
        return Err(ApiError::CrossSiteRequest);
    }
    by_session(cookie, allowance, sources).await
}

async fn by_bearer(
    text: &str,
    allowance: &Allowance,
    sources: &IdentitySources<'_>,
) -> Result<Actor, ApiError> {
    let client = allowance.client;
    if let Some(author) = sources.auth.admin_key.author(text) {
        return Ok(Actor { author, rights: Scopes::ALL, proof: Proof::Key, client });
    }
    if ApiKey::looks_like(text) {
        let key: ApiKey = text.parse().map_err(|_| ApiError::Unauthenticated)?;
        return by_key(&key, allowance, sources).await;
    }
    let now = sources.clock.now();
    let claims = sources.auth.tokens.verify(text, now).map_err(|_| ApiError::Unauthenticated)?;
    let AccessClaims { user, epoch, family } = claims;
    let user = sources.store.token_user(user, epoch, &family).await?;
    let user = user.ok_or(ApiError::Unauthenticated)?;
    let login = Login::Family { user: user.id, token: family };
    Ok(Actor::user(&user, Proof::Login(login), client))
}

async fn by_key(
    key: &ApiKey,
    allowance: &Allowance,
    sources: &IdentitySources<'_>,
) -> Result<Actor, ApiError> {
    let now = sources.clock.now();
    allowance.check_lookup_limit()?;
    let Some((key, user)) = sources.store.key_with_user(&key.hash(), now).await? else {
        allowance.record_failed_lookup();
        return Err(ApiError::Unauthenticated);
    };
    // A key also works if nothing can be written: on a full disk, users still want to look.
    if let Err(error) = sources.store.note_key_use(&key, now).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a key's use was not noted");
    }
    Ok(Actor {
        author: Author::Key(user.id, key.id),
        rights: key.scopes.narrowed_to(rights(user.role)),
        proof: Proof::Key,
        client: allowance.client,
    })
}

/// An expired session counts as none: a browser keeps sending its cookie, even to log in again.
async fn by_session(
    cookie: &str,
    allowance: &Allowance,
    sources: &IdentitySources<'_>,
) -> Result<Option<Actor>, ApiError> {
    let Ok(token) = cookie.parse::<Token>() else { return Ok(None) };
    allowance.check_lookup_limit()?;
    let Some(user) = sources.store.session_user(&token.hash(), sources.clock.now()).await? else {
        allowance.record_failed_lookup();
        return Ok(None);
    };
    let proof = Proof::Login(Login::Session(token.hash()));
    Ok(Some(Actor::user(&user, proof, allowance.client)))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    // With two headers, a proxy may have checked the other one.
    if values.next().is_some() {
        return None;
    }
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests;
