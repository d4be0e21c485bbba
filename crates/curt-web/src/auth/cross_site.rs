//! Requests that another site made a browser send (CSRF).
//!
//! Browsers add cookies by themselves, so a request that is known by its cookie alone must prove
//! that our own pages sent it. What carries a key or a token needs no such proof: no browser adds
//! those.

use axum::http::{HeaderMap, HeaderName, Method, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Methods that change nothing, and so can be asked for from anywhere.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a page of ours sent the request. Fetch metadata cannot be forged by a page; where a
/// browser is too old to send it, `Origin` must be ours to the letter. `none` is a person's own
/// doing, and no person types a POST.
pub(crate) fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    let mut sites = headers.get_all(&SEC_FETCH_SITE).iter().peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
    origins.peek().is_some() && origins.all(|origin| origin == own)
}

/// Whether the browser says that another site sent the request. The origin is not asked for: a link
/// may have more names than one, and a page that tells nobody where its visitors come from has
/// none.
pub(crate) fn is_sent_by_another_site(headers: &HeaderMap) -> bool {
    headers.get_all(&SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none")
}

/// Whether the request says that another site made it. Programs that are no browser say nothing.
pub(crate) fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let says = headers.contains_key(&SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN);
    says && !is_same_origin(headers, own)
}

#[cfg(test)]
mod tests;
