//! `/api/v1/analytics`: how often a link was followed, by which visitors and when.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use curt_domain::{Access, ClickTotals, Clock, Code, LinkId, WeekHours};
use curt_store::Store;

use crate::{
    auth::{By, ReadAnalytics},
    request::{
        extract::{ApiQuery, PathCode},
        tags,
    },
    response::{ApiError, headers::NO_STORE},
};

mod query;
pub(crate) mod schema;
mod view;

pub(crate) use view::ClicksView;

use query::{SeriesQuery, SummaryQuery};
use view::{SeriesView, SummaryView};

/// Sum up a link's clicks
///
/// How often the link was followed in that time, by class of visitor, next to as much time right
/// before it, and at which hours of the week people did. The headline is `clicks.human`.
///
/// Clicks are kept by quarters of an hour of UTC, and by whole hours after 35 days. Each counts
/// where its quarter or hour begins; so in zones that are not whole hours off UTC, old clicks of up
/// to 45 minutes belong to the hour before, and to the day before around midnight.
#[utoipa::path(
    get,
    path = "/api/v1/analytics/{short_code}/summary",
    operation_id = "show_click_summary",
    tag = tags::ANALYTICS,
    params(PathCode, SummaryQuery),
    responses((status = 200, description = "The sums.", body = SummaryView)),
    security(("key" = ["analytics:read"])),
)]
pub(crate) async fn show_summary(
    By { actor, .. }: By<ReadAnalytics>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    PathCode(code): PathCode,
    ApiQuery(query): ApiQuery<SummaryQuery>,
) -> Result<Response, ApiError> {
    let range = query.parse(clock.now())?;
    let link = find(&store, actor.access(), &code).await?;
    let mut clicks = ClickTotals::default();
    let mut hours = WeekHours::new(range.zone.clone());
    let add = |bucket, totals: &ClickTotals| {
        clicks.add(totals);
        hours.add(bucket, totals.human);
    };
    store.each_click_bucket(link, range.span, add).await?;
    let before = range.span_before();
    let previous = store.clicks_within(link, before).await?;
    let missing = store.click_losses(range.span).await?;
    let previous = (before, &previous);
    Ok(answer(SummaryView::new(&code, &range, &clicks, previous, &hours, missing)))
}

/// Show a link's clicks over time
///
/// A point for every hour, day, week or month of that time, also for those without any click. Days
/// on which clocks change have as many hours as the clocks show.
///
/// Clicks count where their quarter of an hour begins, or their hour after 35 days, as in the
/// summary.
#[utoipa::path(
    get,
    path = "/api/v1/analytics/{short_code}/timeseries",
    operation_id = "show_click_series",
    tag = tags::ANALYTICS,
    params(PathCode, SeriesQuery),
    responses((status = 200, description = "The points.", body = SeriesView)),
    security(("key" = ["analytics:read"])),
)]
pub(crate) async fn show_series(
    By { actor, .. }: By<ReadAnalytics>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    PathCode(code): PathCode,
    ApiQuery(query): ApiQuery<SeriesQuery>,
) -> Result<Response, ApiError> {
    let (range, unit, mut series) = query.parse(clock.now())?;
    let link = find(&store, actor.access(), &code).await?;
    let add = |bucket, totals: &ClickTotals| series.add(bucket, totals);
    store.each_click_bucket(link, range.span, add).await?;
    let missing = store.click_losses(range.span).await?;
    Ok(answer(SeriesView::new(&code, &range, unit, &series, missing)))
}

async fn find(store: &Store, access: Access, code: &Code) -> Result<LinkId, ApiError> {
    let record = store.link_by_code(access, code).await?;
    let record = record.filter(|record| record.link.deleted_at.is_none());
    record.map(|record| record.link.id).ok_or(ApiError::NotFound)
}

/// Not to be stored: counts change with every click.
fn answer(view: impl serde::Serialize) -> Response {
    ([(header::CACHE_CONTROL, NO_STORE)], Json(view)).into_response()
}
