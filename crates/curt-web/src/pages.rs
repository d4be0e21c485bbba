//! Small pages for people, and what programs get in their place.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_domain::{Code, Route, TargetUrl};
use curt_ui::{ENGLISH, Message, csp_source, style_source};

use crate::{app::Site, errors::ApiError};

mod setup;

pub(crate) use setup::{setup_done, setup_form};

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

static MESSAGE_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(&style_source(), "'none'"));

/// For a page whose form is sent to this server.
static FORM_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(&style_source(), "'self'"));

/// For a page whose form is sent to this server and answered with the way to anywhere: some browsers
/// let `form-action` forbid the redirects that follow, too.
static LOCK_POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| policy(&style_source(), "'self' http: https:"));

/// The policy of a page with this style sheet and no form.
pub(crate) fn policy_for(style: &str) -> HeaderValue {
    policy(&csp_source(style), "'none'")
}

/// Nothing may run or load on our pages but the one style sheet inside them, known by its hash. One
/// of them has a script, too ([`setup`]).
fn policy(style: &str, forms: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src {style}; base-uri 'none'; form-action {forms}; \
         frame-ancestors 'none'"
    );
    policy.try_into().expect("the policy is visible ASCII")
}

/// Under which the API's documentation groups them.
const TAG: &str = "pages";

/// Show the front page
///
/// A page for people and a line for programs, or a redirect where `pages.root_url` is set.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "show_root",
    tag = TAG,
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
    tag = TAG,
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
    tag = TAG,
    responses((status = 204, description = "There is none.")),
)]
pub(crate) async fn favicon() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"))])
}

/// The router's answer to a path that is none of its own.
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

/// What a visitor gets who cannot follow a link: a page for people, a problem for programs.
pub(crate) fn refuse(error: ApiError, headers: &HeaderMap, site: &Site) -> Response {
    if !wants_html(headers) {
        return error.into_response();
    }
    if let (ApiError::NotFound, Some(url)) = (&error, &site.pages.not_found_url) {
        return redirect(url);
    }
    let text = match error {
        ApiError::NotFound => &ENGLISH.not_found,
        ApiError::LinkGone => &ENGLISH.expired,
        ApiError::LinkExhausted => &ENGLISH.exhausted,
        ApiError::LinkBlocked => &ENGLISH.blocked,
        ApiError::ClientBlocked => &ENGLISH.client_blocked,
        ApiError::RateLimited { .. } | ApiError::Suspended { .. } => &ENGLISH.too_often,
        ApiError::Unavailable | ApiError::PrefetchRefused | ApiError::TimedOut => {
            &ENGLISH.unavailable
        }
        ApiError::BodyTooSlow | ApiError::BodyBroken | ApiError::PayloadTooLarge { .. } => {
            &ENGLISH.not_received
        }
        ApiError::CrossSiteRequest => &ENGLISH.sent_elsewhere,
        _ => &ENGLISH.failed,
    };
    (AppendHeaders(error.retry_after()), message(error.status(), text)).into_response()
}

/// What machines get of a link with limited clicks: that it is one, and nothing else.
pub(crate) fn limited() -> Response {
    message(StatusCode::OK, &ENGLISH.limited)
}

/// What a link with a password answers: a form for people, a problem for programs.
pub(crate) fn password(error: &ApiError, headers: &HeaderMap) -> Response {
    if !wants_html(headers) {
        return error.clone().into_response();
    }
    let mistake = matches!(error, ApiError::WrongLinkPassword).then_some(ENGLISH.password_wrong);
    let page = curt_ui::password_form(&ENGLISH, mistake);
    (AppendHeaders(error.challenge()), complete(error.status(), &LOCK_POLICY, page)).into_response()
}

/// Where a link leads, for those who want to know before they follow it.
pub(crate) fn preview(code: &Code, route: &Route, site: &Site) -> Response {
    html(StatusCode::OK, curt_ui::preview(&ENGLISH, &site.short_url(code), route))
}

/// A temporary redirect that nobody keeps.
pub(crate) fn redirect(target: &TargetUrl) -> Response {
    let location = HeaderValue::from_str(target.as_str())
        .expect("a TargetUrl is printable ASCII, which every header may carry");
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)];
    (StatusCode::FOUND, headers).into_response()
}

fn message(status: StatusCode, message: &Message) -> Response {
    html(status, curt_ui::message(&ENGLISH, message))
}

/// The form to report a link with; after a mistake, with what was wrong.
pub(crate) fn report_form(status: StatusCode, code: &str, error: Option<&ApiError>) -> Response {
    let mistake = error.map(|error| match error {
        ApiError::NotFound => ENGLISH.report_not_found.to_owned(),
        other => other.to_string(),
    });
    let page = curt_ui::report_form(&ENGLISH, code, mistake.as_deref());
    complete(status, &FORM_POLICY, page)
}

pub(crate) fn report_received() -> Response {
    message(StatusCode::ACCEPTED, &ENGLISH.report_received)
}

fn html(status: StatusCode, page: String) -> Response {
    complete(status, &MESSAGE_POLICY, page)
}

/// A whole page, with the headers that every page has and the policy that fits it.
pub(crate) fn complete(status: StatusCode, policy: &HeaderValue, body: String) -> Response {
    let fixed = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let headers = [
        fixed(header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, NO_STORE),
        (header::CONTENT_SECURITY_POLICY, policy.clone()),
        fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        fixed(header::REFERRER_POLICY, "no-referrer"),
        fixed(HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, body).into_response()
}

/// Browsers name `text/html`; programs that take anything want something they can read.
fn wants_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let is_html = ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|html| kind.eq_ignore_ascii_case(html));
        // A weight of nothing (RFC 9110, section 12.4.2) says "anything but this".
        is_html && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
