//! `/-/report`: the form for visitors to report a link.

use axum::{
    extract::{RawQuery, Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use curt_cache::Purpose;
use curt_domain::Code;
use url::form_urlencoded;

use crate::{
    api::reports::{receive, view::ReportBody},
    app::App,
    auth::is_sent_by_another_site,
    pages,
    request::{
        extract::{ClientAddress, body_bytes},
        tags,
    },
    response::{ApiError, ProblemCode},
};

/// Largest form, in bytes: the longest note with every character escaped, and some room.
const FORM_LEN_MAX: usize = 32 << 10;

/// Show the form to report a link with
///
/// For people; `code` fills in the link.
#[utoipa::path(
    get,
    path = "/-/report",
    operation_id = "show_report_form",
    tag = tags::ABUSE,
    params(("code" = Option<String>, Query, description = "The link's `short_code`.")),
    responses((status = 200, description = "The form.", body = String, content_type = "text/html")),
)]
pub(crate) async fn show_form(RawQuery(query): RawQuery) -> Response {
    let pairs = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let mut pairs = pairs.filter(|(name, _)| name == "code");
    let code = pairs.next().and_then(|(_, value)| value.parse::<Code>().ok());
    let code = code.as_ref().map_or("", Code::as_str);
    pages::report_form(StatusCode::OK, code, None)
}

/// Report a link with the form
///
/// What the form sends; the answers are pages.
#[utoipa::path(
    post,
    path = "/-/report",
    operation_id = "send_report_form",
    tag = tags::ABUSE,
    responses(
        (status = 202, description = "Thank you.", body = String, content_type = "text/html"),
        (status = 403, description = "A page of another site sent it.", body = String,
            content_type = "text/html"),
        (status = 404, description = "There is no such link: the form again.", body = String,
            content_type = "text/html"),
        (status = 408, description = "", body = String, content_type = "text/html"),
        (status = 413, description = "", body = String, content_type = "text/html"),
        (status = 422, description = "Something is wrong: the form again.", body = String,
            content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([
        ProblemCode::RequestTimeout,
        ProblemCode::PayloadTooLarge,
        ProblemCode::RateLimited,
    ]))),
)]
pub(crate) async fn send_form(
    State(app): State<App>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
    request: Request,
) -> Response {
    // Otherwise another site's page could make each of its visitors report a link, as if they were
    // independent.
    if is_sent_by_another_site(&headers) {
        return pages::refuse(ApiError::CrossSiteRequest, &headers, &app.site);
    }
    let body = match body_bytes(request, &app, FORM_LEN_MAX).await {
        Ok(body) => ReportBody::from_form(&body),
        Err(error) => return pages::refuse(error, &headers, &app.site),
    };
    let code = body.code_or_url().to_owned();
    let received = async {
        let draft = body.parse(&app.site)?;
        app.gate.admit(Purpose::Report, client)?;
        receive(draft, client, &app).await
    };
    let received = received.await;
    match received {
        Ok(()) => pages::report_received(),
        Err(error @ (ApiError::NotFound | ApiError::InvalidFields(_))) => {
            pages::report_form(error.status(), &code, Some(&error))
        }
        Err(error) => pages::refuse(error, &headers, &app.site),
    }
}
