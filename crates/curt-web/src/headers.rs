//! What tells browsers to be careful, on every answer but the redirect in memory.
//!
//! That one has no body, and nothing of it is kept or shown; it would pay for headers that guard
//! nothing. What the API tells is stored by nobody, unless the answer itself says so.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, header},
};

use crate::pages::NO_STORE;

/// For whatever is no page: should a browser show it after all, nothing in it runs or loads.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Nobody else's pages read it, embed it, or share a window with it.
const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
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
pub(crate) fn guard(response: &mut Response<Body>) {
    if response.status().is_redirection() {
        return;
    }
    let headers = response.headers_mut();
    for (name, value) in GUARDS {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    }
}
