//! Reports of links: how visitors make them, how administrators decide them, and the feed of links
//! disabled for abuse.

use std::net::IpAddr;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use curt_cache::Purpose;
use curt_domain::{Author, Caller, Verdict};
use curt_store::NewReport;

use crate::{
    app::App,
    gate::Allowance,
    request::{extract::ApiJson, tags},
    response::{ApiError, ProblemCode},
};

pub(crate) mod admin;
pub(crate) mod feed;
mod schema;
pub(crate) mod view;

use view::{ReceivedView, ReportBody, ReportDraft};

/// Report a link
///
/// Tells the administrators of this server that something is wrong with where a link leads. One
/// report of a link from one network and day is enough; more of them change nothing.
#[utoipa::path(
    post,
    path = "/api/v1/reports",
    operation_id = "report_link",
    tag = tags::ABUSE,
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

/// Stores a report, within the client's limits. A link that visitors cannot see cannot be reported:
/// otherwise reports would tell which links are switched off.
pub(crate) async fn receive(draft: ReportDraft, client: IpAddr, app: &App) -> Result<(), ApiError> {
    let now = app.clock.now();
    let route = app.store.route(&draft.code).await?.ok_or(ApiError::NotFound)?;
    if route.verdict(now) == Verdict::Absent {
        return Err(ApiError::NotFound);
    }
    let ReportDraft { reason, note, .. } = draft;
    let report = NewReport { link: route.id, reason, note, at: now };
    let caller = Caller { author: Author::Anonymous, client: Some(client), ..Caller::SYSTEM };
    app.store.add_report(&caller, report).await?;
    Ok(())
}
