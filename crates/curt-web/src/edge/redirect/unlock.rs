//! Links with a password: who is asked for it, and what becomes of what they say.
//!
//! The right password is answered with a cookie and the way back to the link, not with the target:
//! so the visit that follows is decided and counted like any other, and by then the link may be
//! over. Only then does a visitor learn whether the link leads to a destination that is blocked.

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

/// What a link without a password answers to.
const READERS: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// The answer to a method that a link does not know.
pub(in crate::edge) fn not_allowed(tier: Tier) -> Visited {
    let response = ([(header::ALLOW, READERS)], ApiError::MethodNotAllowed).into_response();
    Visited { response, outcome: Outcome::Refused, tier }
}

impl Redirector {
    /// A password for a link.
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

    /// Whether the visitor has given the password of the link some minutes ago.
    pub(super) fn has_unlocked(&self, visit: &Visit, cached: &CachedRoute, now: Timestamp) -> bool {
        let Some(password) = &cached.route.password else { return false };
        // Whoever can set cookies for a name above ours must not hide the one that we gave.
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
        // What is at stake is who guesses: no page shall have its visitors do it.
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
            // A server that is too busy to look has not seen a wrong password.
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
        // What is not ASCII has no place in a header, nor in a query.
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
