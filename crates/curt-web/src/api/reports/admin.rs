//! `/api/v1/admin/reports`: what visitors reported, and what administrators decide about it.

use axum::{Json, extract::State};
use curt_domain::{ReportId, TargetPattern};
use curt_store::Resolution;

use crate::{
    api::reports::view::{ReportPage, ReportQuery, ResolvedView},
    app::App,
    auth::{Actor, Admin, By},
    request::{extract::ApiQuery, path_id::PathId, tags},
    response::ApiError,
};

/// List reports
///
/// The latest first. `state=open` lists those that nobody has decided yet.
#[utoipa::path(
    get,
    path = "/api/v1/admin/reports",
    operation_id = "list_reports",
    tag = tags::ABUSE,
    params(ReportQuery),
    responses((status = 200, description = "The page.", body = ReportPage)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list(
    _: By<Admin>,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ReportQuery>,
) -> Result<Json<ReportPage>, ApiError> {
    let (state, before, limit) = query.parse()?;
    let reports = app.store.reports(state, before, limit + 1).await?;
    Ok(Json(ReportPage::new(reports, limit, &app.site)))
}

/// Dismiss a report
///
/// Nothing is wrong with the link. All open reports of the link are settled with it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/reports/{id}/dismiss",
    operation_id = "dismiss_report",
    tag = tags::ABUSE,
    params(PathId::<ReportId>),
    responses((status = 200, description = "The report as it is now.", body = ResolvedView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn dismiss(
    By { actor, .. }: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<ReportId>,
) -> Result<Json<ResolvedView>, ApiError> {
    resolve(id, Resolution::Dismiss, actor, &app).await
}

/// Disable a reported link
///
/// Visitors get an answer 451, and the link stands in the feed of abuse. Its owner cannot undo it.
/// All open reports of the link are settled with it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/reports/{id}/disable",
    operation_id = "disable_reported_link",
    tag = tags::ABUSE,
    params(PathId::<ReportId>),
    responses((status = 200, description = "The report as it is now.", body = ResolvedView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn disable(
    By { actor, .. }: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<ReportId>,
) -> Result<Json<ResolvedView>, ApiError> {
    resolve(id, Resolution::Disable, actor, &app).await
}

/// Enable a reported link again
///
/// Undoes that it was disabled for abuse.
#[utoipa::path(
    post,
    path = "/api/v1/admin/reports/{id}/enable",
    operation_id = "enable_reported_link",
    tag = tags::ABUSE,
    params(PathId::<ReportId>),
    responses((status = 200, description = "The report as it is now.", body = ResolvedView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn enable(
    By { actor, .. }: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<ReportId>,
) -> Result<Json<ResolvedView>, ApiError> {
    resolve(id, Resolution::Enable, actor, &app).await
}

/// Block the host of a reported link
///
/// Puts the host that the link leads to on the list of blocked destinations; the answer says how
/// many links lead there. All open reports of the link are settled with it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/reports/{id}/block-host",
    operation_id = "block_reported_host",
    tag = tags::ABUSE,
    params(PathId::<ReportId>),
    responses((status = 200, description = "The report as it is now.", body = ResolvedView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn block_host(
    By { actor, .. }: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<ReportId>,
) -> Result<Json<ResolvedView>, ApiError> {
    resolve(id, Resolution::BlockHost, actor, &app).await
}

/// The decision is in force on this node before it is answered.
async fn resolve(
    id: ReportId,
    resolution: Resolution,
    actor: Actor,
    app: &App,
) -> Result<Json<ResolvedView>, ApiError> {
    let now = app.clock.now();
    let report = app.store.resolve_report(&actor.caller(), id.get(), resolution, now).await?;
    let report = report.ok_or(ApiError::NotFound)?;
    let hits = match resolution {
        Resolution::Dismiss => None,
        Resolution::Disable | Resolution::Enable => {
            app.cache.invalidate(report.code.as_str());
            app.abuse_feed.forget();
            None
        }
        Resolution::BlockHost => {
            app.target_blocks.reload().await?;
            let pattern = TargetPattern::of_host(&report.target);
            Some(app.store.links_led_to(&pattern).await?)
        }
    };
    Ok(Json(ResolvedView::new(report, hits, &app.site)))
}
