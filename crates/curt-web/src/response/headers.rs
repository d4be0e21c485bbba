//! Headers that make browsers careful, on every answer except redirects to targets; and what
//! answers share: `no_store_json` and `seconds`.
//!
//! Those redirects have no body, and nothing of them is kept or shown, so the headers would guard
//! nothing. Answers of the API are not stored, unless they say otherwise.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// For answers that are no page: if a browser shows one after all, nothing in it runs or loads.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For two years, returning browsers use HTTPS only. For this host alone: only the operator knows
/// whether its subdomains can do that.
pub(crate) const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// No other site's pages may read the answer, embed it, or share a window with it.
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

/// Adds the headers that the answer does not have yet: pages have their own policy.
///
/// Adds nothing to a redirect to another site, from memory or not: it has no body to guard.
pub(crate) fn guard(response: &mut Response) {
    let status = response.status();
    if leads_elsewhere(status) {
        return;
    }
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(NOSNIFF);
    headers.entry(header::REFERRER_POLICY).or_insert(NO_REFERRER);
    // For an unmodified page, the browser's copy already has its policy.
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

/// An answer that must not be stored: it is personal, or holds a secret.
pub(crate) fn no_store_json(view: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, NO_STORE)], Json(view)).into_response()
}

/// Whole seconds, rounded up.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(0 < duration.subsec_nanos())
}

/// Whether this sends the visitor to another site, which may want to know where visitors come from:
/// browsers apply the redirect's referrer policy then. Redirects back to us are 303.
fn leads_elsewhere(status: StatusCode) -> bool {
    status.is_redirection() && !matches!(status, StatusCode::SEE_OTHER | StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
mod tests;
