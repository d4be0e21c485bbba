//! What browsers and crawlers ask every server for: the front page, `robots.txt`, an icon, and
//! missing pages.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use curt_ui::ENGLISH;

use crate::{
    pages::{message, redirect, refuse, wants_html},
    request::tags,
    response::{ApiError, headers::NO_STORE},
    site::Site,
};

/// Show the front page
///
/// A page for people and a line for programs, or a redirect where `pages.root_url` is set.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "show_root",
    tag = tags::PAGES,
    responses(
        (
            status = 200,
            description = "The page, or the line `curt`.",
            content((String = "text/html"), (String = "text/plain")),
        ),
        (
            status = 302,
            description = "To `pages.root_url`.",
            headers(("Location" = String, description = "`pages.root_url`.")),
        ),
    ),
)]
pub(crate) async fn root(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    match &site.pages.root_url {
        Some(url) => redirect(url),
        None if wants_html(&headers) => message(StatusCode::OK, &ENGLISH.root),
        None => (StatusCode::OK, [(header::CACHE_CONTROL, NO_STORE)], "curt\n").into_response(),
    }
}

/// Tell crawlers where to go
///
/// They may follow links, as link previews do; the API is none of their business.
#[utoipa::path(
    get,
    path = "/robots.txt",
    operation_id = "show_robots",
    tag = tags::PAGES,
    responses((
        status = 200,
        description = "Rules for crawlers (RFC 9309).",
        body = String,
        content_type = "text/plain",
    )),
)]
pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /api/\nDisallow: /-/\n"
}

/// Tell browsers that there is no icon
///
/// They ask on every visit, and need not ask again for a day.
#[utoipa::path(
    get,
    path = "/favicon.ico",
    operation_id = "show_favicon",
    tag = tags::PAGES,
    responses((status = 204, description = "There is none.")),
)]
pub(crate) async fn favicon() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"))])
}

/// The router's answer to a path that it does not have.
pub(crate) async fn not_found(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if uri.path().starts_with("/api/") {
        return ApiError::NotFound.into_response();
    }
    refuse(ApiError::NotFound, &headers, &site)
}
