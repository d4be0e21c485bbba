//! The requests of visitors, which the front answers without the router: `/{code}` and `/{code}+`.
//!
//! The functions exist only for their documentation.

use utoipa::{
    OpenApi,
    openapi::{
        Paths, RefOr,
        path::{Operation, Parameter, ParameterIn},
    },
};

use crate::{
    request::{parameters::in_path, schema as shared, tags},
    response::ProblemCode,
};

#[derive(OpenApi)]
#[openapi(paths(follow, unlock, preview))]
struct Visits;

pub(super) fn paths() -> Paths {
    let mut paths = Visits::openapi().paths;
    let visit = paths.paths.get_mut("/{code}").expect("the path of `follow`");
    visit.head = visit.get.as_ref().map(without_body);
    paths
}

/// The answers to HEAD: the same without the body, and no click is used up.
fn without_body(get: &Operation) -> Operation {
    let mut head = get.clone();
    head.operation_id = Some("check_link".to_owned());
    head.summary = Some("Ask where a link leads".to_owned());
    let about = "The answer to GET without its body. It is no click: a link with limited clicks \
                 answers 200 and does not tell its target.";
    head.description = Some(about.to_owned());
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    head
}

struct VisitedCode;

// Not imported: the attributes below expand to the full path.
impl utoipa::IntoParams for VisitedCode {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The link's `short_code`; a slash behind it makes no difference.";
        vec![in_path("code", description, shared::short_code())]
    }
}

/// Follow a link
///
/// Redirects to the link's target. Links that are not there yet, switched off or deleted are all
/// the same to visitors: 404. Browsers get pages where programs get problems.
#[utoipa::path(
    get,
    path = "/{code}",
    operation_id = "follow_link",
    tag = tags::VISITS,
    params(VisitedCode),
    responses(
        (
            status = 200,
            description = "The link can be followed a limited number of times, and you look like \
                a bot or a link preview: a page that does not tell the target.",
            body = String,
            content_type = "text/html",
        ),
        (
            status = 301,
            description = "The link leads there for good.",
            headers(("Location" = String, description = "The target.")),
        ),
        (
            status = 302,
            description = "The link leads there. Also the way to `fallback_url` once the link is \
                over, and for browsers the way to `pages.not_found_url`.",
            headers(("Location" = String, description = "The target.")),
        ),
        (
            status = 307,
            description = "The link leads there; the method stays.",
            headers(("Location" = String, description = "The target.")),
        ),
        (
            status = 308,
            description = "The link leads there for good; the method stays.",
            headers(("Location" = String, description = "The target.")),
        ),
        (
            status = 401,
            description = "The link asks for a password: a form for browsers. It is sent with POST.",
            body = String,
            content_type = "text/html",
        ),
        (status = 403, description = "", body = String, content_type = "text/html"),
        (status = 404, description = "", body = String, content_type = "text/html"),
        (status = 410, description = "", body = String, content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 451, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([
        ProblemCode::PasswordRequired,
        ProblemCode::LinkGone,
        ProblemCode::LinkExhausted,
        ProblemCode::LinkBlocked,
        ProblemCode::RateLimited,
    ]))),
)]
#[expect(dead_code, reason = "the front answers; this is its documentation")]
fn follow() {}

/// Give a link's password
///
/// What the form of a link with a password sends: the field `password`, as
/// `application/x-www-form-urlencoded`. The right one is answered with a cookie that opens the link
/// for ten minutes, and the way back to it. Wrong ones are counted, by client and for the link.
#[utoipa::path(
    post,
    path = "/{code}",
    operation_id = "unlock_link",
    tag = tags::VISITS,
    params(VisitedCode),
    responses(
        (
            status = 302,
            description = "The link is over: the way to `fallback_url`; or there is none, and browsers \
                are sent to `pages.not_found_url`.",
            headers(("Location" = String, description = "The fallback.")),
        ),
        (
            status = 303,
            description = "The password is right: the way back to the link.",
            headers(
                ("Location" = String, description = "The path of the link."),
                ("Set-Cookie" = String, description = "What opens it."),
            ),
        ),
        (
            status = 401,
            description = "The password is wrong or missing: the form again.",
            body = String,
            content_type = "text/html",
        ),
        (status = 403, description = "", body = String, content_type = "text/html"),
        (status = 404, description = "", body = String, content_type = "text/html"),
        (status = 410, description = "", body = String, content_type = "text/html"),
        (status = 408, description = "", body = String, content_type = "text/html"),
        (status = 413, description = "", body = String, content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 451, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([
        ProblemCode::PasswordRequired,
        ProblemCode::CrossSiteRequest,
        ProblemCode::MethodNotAllowed,
        ProblemCode::RequestTimeout,
        ProblemCode::PayloadTooLarge,
        ProblemCode::LinkGone,
        ProblemCode::LinkBlocked,
        ProblemCode::RateLimited,
    ]))),
)]
#[expect(dead_code, reason = "the front answers; this is its documentation")]
fn unlock() {}

/// Preview a link
///
/// A page that says where the link leads without following it. It is no click, and a link with
/// limited clicks does not tell its target.
#[utoipa::path(
    get,
    path = "/{code}+",
    operation_id = "preview_link",
    tag = tags::VISITS,
    params(VisitedCode),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (
            status = 302,
            description = "For browsers that look for a link which does not exist.",
            headers(("Location" = String, description = "`pages.not_found_url`.")),
        ),
        (status = 403, description = "", body = String, content_type = "text/html"),
        (status = 404, description = "", body = String, content_type = "text/html"),
        (status = 410, description = "", body = String, content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 451, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([
        ProblemCode::LinkGone,
        ProblemCode::LinkBlocked,
        ProblemCode::RateLimited,
    ]))),
)]
#[expect(dead_code, reason = "the front answers; this is its documentation")]
fn preview() {}
