//! Links with a password: when the password is asked for, and what follows a typed one.
//!
//! The right password is answered with a cookie and a redirect back to the link, not to the target:
//! so the next visit is decided and counted like any other, and the link may have ended by then.
//! Only then does a visitor learn whether the link leads to a blocked destination.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse as _,
};
use curt_cache::{CachedRoute, Lookup};
use curt_domain::{Password, PasswordHash, Timestamp, Verdict};
use url::form_urlencoded;

use crate::{
    auth::{Cookie, UNLOCK_AGE_MAX, Verified, is_sent_by_another_site},
    edge::redirect::{Redirector, Visit, Visited, ask_password},
    metrics::{Outcome, Tier},
    pages,
    request::extract::body_bytes,
    response::{ApiError, headers::NO_STORE},
};

/// Largest form, in bytes: the longest password with every byte escaped, and some room.
const FORM_LEN_MAX: usize = 4 << 10;

/// The methods of a link without a password.
const READERS: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// The answer to a method that the link does not support.
pub(in crate::edge) fn not_allowed(tier: Tier) -> Visited {
    let response = ([(header::ALLOW, READERS)], ApiError::MethodNotAllowed).into_response();
    Visited { response, outcome: Outcome::Refused, tier }
}

impl Redirector {
    /// Handles a password sent for a link.
    pub(crate) async fn unlock(&self, visit: &Visit, request: Request) -> Visited {
        let now = self.clock.now();
        let (lookup, tier) = match self.look_up(&visit.code, now).await {
            Ok(found) => found,
            Err(error) => return self.refuse(error, Outcome::Failed, Tier::Store, visit),
        };
        let Lookup::Found(cached) = lookup else {
            return self.unknown(tier, visit);
        };
        match cached.route.verdict(now) {
            Verdict::Absent => self.unknown(tier, visit),
            Verdict::Expired => self.ended(ApiError::LinkGone, &cached, tier, visit),
            Verdict::Blocked => self.blocked(tier, visit),
            Verdict::Locked | Verdict::Follow | Verdict::FollowIfLeft(_) => {
                let Some(password) = &cached.route.password else {
                    return not_allowed(tier);
                };
                match self.try_password(&cached, password, request, visit).await {
                    Ok(()) => self.open(&cached, password, now, tier, visit),
                    Err(error) => self.keep_locked(error, tier, visit),
                }
            }
        }
    }

    /// Whether the visitor has given the link's password in the last minutes.
    pub(super) fn has_unlocked(&self, visit: &Visit, cached: &CachedRoute, now: Timestamp) -> bool {
        let Some(password) = &cached.route.password else { return false };
        // A site that can set cookies for a parent domain must not be able to hide ours.
        let mut cookies = self.auth.cookies.all(&visit.headers, Cookie::Unlocked);
        cookies.any(|cookie| self.auth.unlocks.opens(cookie, cached.route.id, password, now))
    }

    async fn try_password(
        &self,
        cached: &CachedRoute,
        password: &PasswordHash,
        request: Request,
        visit: &Visit,
    ) -> Result<(), ApiError> {
        // Guesses are limited per client, so no other site may make its visitors guess.
        if is_sent_by_another_site(&visit.headers) {
            return Err(ApiError::CrossSiteRequest);
        }
        let form = body_bytes(request, &(), FORM_LEN_MAX).await?;
        let mut fields = form_urlencoded::parse(&form);
        let typed = fields.find_map(|(name, value)| (name == "password").then_some(value));
        let typed = Password::new(&typed.ok_or(ApiError::PasswordRequired)?);
        let guess = self.gate.guess(cached.route.id, visit.client)?;
        match self.auth.hasher.verify(typed, Some(password.clone())).await {
            Ok(Verified::Wrong) => {
                guess.was_wrong();
                Err(ApiError::WrongLinkPassword)
            }
            Ok(Verified::Right | Verified::Outdated { .. }) => Ok(()),
            // A server that was too busy to check has not seen a wrong password.
            Err(error) => Err(error),
        }
    }

    fn open(
        &self,
        cached: &CachedRoute,
        password: &PasswordHash,
        now: Timestamp,
        tier: Tier,
        visit: &Visit,
    ) -> Visited {
        let value = self.auth.unlocks.cookie(cached.route.id, password, now);
        let path = format!("/{}", visit.code);
        let cookie = self.auth.cookies.set_on(Cookie::Unlocked, &value, UNLOCK_AGE_MAX, &path);
        // Non-ASCII text is not allowed in a header, nor in a query.
        let back = match visit.query.as_deref().filter(|query| query.is_ascii()) {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let back = HeaderValue::try_from(back).expect("a code and the query of a URI are ASCII");
        let headers = [
            (header::LOCATION, back),
            (header::CACHE_CONTROL, NO_STORE),
            (header::SET_COOKIE, cookie),
        ];
        let response = (StatusCode::SEE_OTHER, headers).into_response();
        Visited { response, outcome: Outcome::Unlocked, tier }
    }

    fn keep_locked(&self, error: ApiError, tier: Tier, visit: &Visit) -> Visited {
        let outcome = match error {
            ApiError::PasswordRequired => return ask_password(tier, visit),
            ApiError::WrongLinkPassword => {
                let response = pages::password(&error, &visit.headers);
                return Visited { response, outcome: Outcome::WrongPassword, tier };
            }
            _ if error.status().is_server_error() => Outcome::Failed,
            _ => Outcome::Refused,
        };
        self.refuse(error, outcome, tier, visit)
    }
}
