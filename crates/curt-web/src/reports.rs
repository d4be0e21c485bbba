//! Reports of links: how visitors make them, what administrators do with them, and the feed of links
//! that were disabled for abuse.

use std::net::IpAddr;

use axum::{
    Json,
    extract::{FromRequestParts, RawQuery, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use curt_cache::Purpose;
use curt_domain::{Author, Caller, Code, Note, ReportReason, Verdict};
use curt_store::NewReport;
use url::{Url, form_urlencoded};

use crate::{
    app::App,
    auth::is_sent_by_another_site,
    destinations::TAG,
    errors::{ApiError, FieldError, ProblemCode},
    extract::{ApiJson, ApiQuery, ClientAddress, PathEntry, body_bytes},
    limits::Allowance,
    mistakes::Mistakes,
    pages,
};

mod admin;
mod feed;
mod view;

pub(crate) use admin::{
    __path_block_host, __path_disable, __path_dismiss, __path_enable, __path_list, block_host,
    disable, dismiss, enable, list,
};
pub(crate) use feed::{__path_show, AbuseFeed, show};
use view::{ReceivedView, ReportBody};

/// Largest form, in bytes: the longest note with every character escaped, and some room.
const FORM_LEN_MAX: usize = 32 << 10;

/// A checked report.
struct Draft {
    code: Code,
    reason: ReportReason,
    note: Option<Note>,
}

/// Where the request came from.
pub(crate) struct Client(IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> Result<Self, std::convert::Infallible> {
        let client = parts.extensions.get::<ClientAddress>();
        let ClientAddress(address) = client.expect("the front gives every request its client");
        Ok(Self(*address))
    }
}

/// Report a link
///
/// Tells the administrators of this server that something is wrong with where a link leads. One
/// report of a link from one network and day is enough; more of them change nothing.
#[utoipa::path(
    post,
    path = "/api/v1/reports",
    operation_id = "report_link",
    tag = TAG,
    request_body = ReportBody,
    responses((status = 202, description = "Thank you. Somebody will look at it.", body = ReceivedView)),
    extensions(("x-problems" = json!([ProblemCode::NotFound, ProblemCode::InvalidCode]))),
)]
pub(crate) async fn report(
    State(app): State<App>,
    allowance: Allowance,
    body: ApiJson<ReportBody>,
) -> Result<Response, ApiError> {
    let draft = body.value.parse(&app.site)?;
    allowance.take_for_client(Purpose::Report)?;
    receive(draft, allowance.client, &app).await?;
    Ok((StatusCode::ACCEPTED, Json(ReceivedView::new())).into_response())
}

/// Show the form to report a link with
///
/// For people; `code` fills in the link.
#[utoipa::path(
    get,
    path = "/-/report",
    operation_id = "show_report_form",
    tag = TAG,
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
    tag = TAG,
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
    Client(client): Client,
    headers: HeaderMap,
    request: Request,
) -> Response {
    // Or a page elsewhere would have each of its visitors report a link, as if they were independent.
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

/// Writes down a report that the client may still make. What visitors cannot see cannot be reported
/// either: nobody learns which links are switched off.
async fn receive(draft: Draft, client: IpAddr, app: &App) -> Result<(), ApiError> {
    let now = app.clock.now();
    let route = app.store.route(&draft.code).await?.ok_or(ApiError::NotFound)?;
    if route.verdict(now) == Verdict::Absent {
        return Err(ApiError::NotFound);
    }
    let Draft { reason, note, .. } = draft;
    let report = NewReport { link: route.id, reason, note, at: now };
    let caller = Caller { author: Author::Anonymous, client: Some(client), ..Caller::SYSTEM };
    app.store.add_report(&caller, report).await?;
    Ok(())
}
