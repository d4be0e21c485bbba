//! Requests that another site made a browser send (CSRF).
//!
//! Browsers add cookies by themselves, so a request that is known by its cookie alone must prove
//! that our own pages sent it. Requests with a key or a token need no such proof: browsers do not
//! add those.

use axum::http::{HeaderMap, HeaderName, Method, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Methods that change nothing, so any site may send them.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether one of our pages sent the request. A page cannot forge fetch metadata; if a browser is
/// too old to send it, `Origin` must match ours exactly. `none` means the user's own doing, such as
/// typing an address, and that never sends a POST.
pub(crate) fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    let mut sites = headers.get_all(&SEC_FETCH_SITE).iter().peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
    origins.peek().is_some() && origins.all(|origin| origin == own)
}

/// Whether the browser says that another site sent the request. The origin does not matter here: a
/// link may be reached under several names, and pages that hide where their visitors come from have
/// none.
pub(crate) fn is_sent_by_another_site(headers: &HeaderMap) -> bool {
    headers.get_all(&SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none")
}

/// Whether the request says that another site made it. Programs that are not browsers say nothing.
pub(crate) fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let says = headers.contains_key(&SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN);
    says && !is_same_origin(headers, own)
}

#[cfg(test)]
mod tests;
