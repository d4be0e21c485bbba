//! `/openapi.json` and `/docs`: the API's own document, for programs and for people.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    document::{ApiDocument, Made},
    pages,
    request::{extract::IfNoneMatch, tags},
};

/// How long a client may keep the document before it asks again whether it changed.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Get this document
///
/// The whole API as OpenAPI 3.1, from which clients and tests can be generated. It changes only
/// with the program's version and settings.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "show_openapi",
    tag = tags::DOCUMENTATION,
    params(IfNoneMatch),
    responses(
        (
            status = 200,
            description = "The document.",
            body = Object,
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
        (
            status = 304,
            description = "It is still the one that `If-None-Match` names.",
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
    ),
)]
pub(crate) async fn show_openapi(
    State(document): State<Arc<ApiDocument>>,
    known: IfNoneMatch,
) -> Response {
    let Made { json, etag, .. } = document.made();
    let headers = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, KEEP)];
    if known.names(etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, kind, json.clone()).into_response()
}

/// Read this document
///
/// The same as `/openapi.json`, as a page for people.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "show_docs",
    tag = tags::DOCUMENTATION,
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn show_docs(State(document): State<Arc<ApiDocument>>) -> Response {
    let Made { page, page_policy, .. } = document.made();
    pages::complete(StatusCode::OK, page_policy, page.to_string())
}
