//! Small pages for people, and the answers that programs get instead.

use std::sync::LazyLock;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_domain::{Code, Route, TargetUrl};
use curt_ui::{ENGLISH, Message, csp_source, style_source};

use crate::{
    response::{ApiError, headers::NO_STORE},
    site::Site,
};

mod setup;

pub(crate) use setup::{setup_done, setup_form};

static MESSAGE_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(&style_source(), "'none'"));

/// For a page whose form is sent to this server.
static FORM_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(&style_source(), "'self'"));

/// For a page whose form is sent to this server and answered with a redirect to any site: some
/// browsers apply `form-action` to the redirects that follow, too.
static LOCK_POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| policy(&style_source(), "'self' http: https:"));

/// The policy of a page with this style sheet and no form.
pub(crate) fn policy_for(style: &str) -> HeaderValue {
    policy(&csp_source(style), "'none'")
}

/// Nothing may run or load on our pages except the one style sheet inside them, known by its hash.
/// One page also has a script ([`setup`]).
fn policy(style: &str, forms: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src {style}; base-uri 'none'; form-action {forms}; \
         frame-ancestors 'none'"
    );
    policy.try_into().expect("the policy is visible ASCII")
}

/// The answer to a visitor who cannot follow a link: a page for people, a problem for programs.
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

/// Bots see that the link is click-limited, not its target.
pub(crate) fn limited() -> Response {
    message(StatusCode::OK, &ENGLISH.limited)
}

/// The answer of a link with a password: a form for people, a problem for programs.
pub(crate) fn password(error: &ApiError, headers: &HeaderMap) -> Response {
    if !wants_html(headers) {
        return error.clone().into_response();
    }
    let mistake = matches!(error, ApiError::WrongLinkPassword).then_some(ENGLISH.password_wrong);
    let page = curt_ui::password_form(&ENGLISH, mistake);
    (AppendHeaders(error.challenge()), complete(error.status(), &LOCK_POLICY, page)).into_response()
}

/// Where a link leads, for visitors who want to know before they follow it.
pub(crate) fn preview(code: &Code, route: &Route, site: &Site) -> Response {
    html(StatusCode::OK, curt_ui::preview(&ENGLISH, &site.short_url(code), route))
}

/// A temporary redirect that is not cached.
pub(crate) fn redirect(target: &TargetUrl) -> Response {
    let location = HeaderValue::from_str(target.as_str())
        .expect("a TargetUrl is printable ASCII, which every header may carry");
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)];
    (StatusCode::FOUND, headers).into_response()
}

pub(crate) fn message(status: StatusCode, message: &Message) -> Response {
    html(status, curt_ui::message(&ENGLISH, message))
}

/// The form to report a link; after a mistake, it says what was wrong.
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

/// A whole page, with the headers of every page and the policy for this one.
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

/// Browsers name `text/html`; programs that accept anything get plain answers.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let is_html = ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|html| kind.eq_ignore_ascii_case(html));
        // A weight of zero (RFC 9110, section 12.4.2) says "anything but this".
        is_html && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
