//! What tells browsers to be careful, on every answer but redirects to targets; and what answers
//! share: `no_store_json` and `seconds`.
//!
//! Redirects have no body, and nothing of them is kept or shown; they would pay for headers that guard
//! nothing. What the API tells is stored by nobody, unless the answer itself says so.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// For whatever is no page: should a browser show it after all, nothing in it runs or loads.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For two years browsers that were here come by HTTPS only. Of this host alone: whether its
/// subdomains can do that, only their operator knows.
pub(crate) const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// Nobody else's pages read it, embed it, or share a window with it.
const GUARDS: [(HeaderName, HeaderValue); 2] = [
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// Adds what the answer does not say already: pages have a policy of their own.
///
/// Nothing to a redirect to somebody else's page, from memory or not: it has no body to guard.
pub(crate) fn guard(response: &mut Response) {
    let status = response.status();
    if leads_elsewhere(status) {
        return;
    }
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(NOSNIFF);
    headers.entry(header::REFERRER_POLICY).or_insert(NO_REFERRER);
    // What a browser has kept of a page that is not modified has its policy with it.
    if status.is_redirection() {
        return;
    }
    for (name, value) in GUARDS {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    }
}

/// An answer that nobody keeps: it is about a person, or holds a secret.
pub(crate) fn no_store_json(view: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, NO_STORE)], Json(view)).into_response()
}

/// Whole seconds, rounded up: a client that waits so long does not come too early.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(0 < duration.subsec_nanos())
}

/// Whether this sends the visitor to somebody else's page, who may want to know where people come
/// from: a browser goes by the policy of the redirect then. What leads back to us is 303.
fn leads_elsewhere(status: StatusCode) -> bool {
    status.is_redirection() && !matches!(status, StatusCode::SEE_OTHER | StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
mod tests;
