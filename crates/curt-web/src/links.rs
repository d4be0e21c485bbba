//! `/api/v1/urls`: links as their owners see them.
//!
//! Whatever changes a link forgets it in this node's cache before it answers, so that the old
//! target is never followed here after the change was acknowledged.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use curt_cache::LinkCache;
use curt_domain::{Clock, LinkRecord};
use curt_store::Store;

use crate::{
    app::{App, Site},
    errors::ApiError,
    extract::{Administrator, ApiJson, ApiQuery, IfMatch, PathId},
};

mod create;
mod edit;
mod fields;
mod history;
mod list;
mod view;

pub use create::REPLAY_AGE_MAX;
pub(crate) use create::create;

use edit::EditBody;
use history::{HistoryQuery, HistoryView};
use list::{ListQuery, ListView};
use view::LinkView;

pub(crate) async fn list(
    _: Administrator,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<ListView>, ApiError> {
    let now = clock.now();
    let page = query.parse()?.find(&store, now).await?;
    Ok(Json(ListView::new(&page, &site, now)))
}

pub(crate) async fn show(
    _: Administrator,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    let record = store.link(id).await?.ok_or(ApiError::NotFound)?;
    Ok(answer(&record, &site, &clock))
}

pub(crate) async fn edit(
    _: Administrator,
    State(app): State<App>,
    PathId(id): PathId,
    IfMatch(revision): IfMatch,
    body: ApiJson<EditBody>,
) -> Result<Response, ApiError> {
    let edit = body.value.parse(&app.site.target_rules)?;
    let record = app.store.edit_link(id, edit, revision, app.clock.now()).await?;
    app.cache.invalidate(record.link.code.as_str());
    Ok(answer(&record, &app.site, &app.clock))
}

pub(crate) async fn delete(
    _: Administrator,
    State(store): State<Store>,
    State(cache): State<Arc<LinkCache>>,
    State(clock): State<Clock>,
    PathId(id): PathId,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, ApiError> {
    let code = store.delete_link(id, revision, clock.now()).await?;
    cache.invalidate(code.as_str());
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn restore(
    _: Administrator,
    State(store): State<Store>,
    State(cache): State<Arc<LinkCache>>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    let record = store.restore_link(id, clock.now()).await?;
    cache.invalidate(record.link.code.as_str());
    Ok(answer(&record, &site, &clock))
}

pub(crate) async fn history(
    _: Administrator,
    State(store): State<Store>,
    PathId(id): PathId,
    ApiQuery(query): ApiQuery<HistoryQuery>,
) -> Result<Json<HistoryView>, ApiError> {
    let (before, limit) = query.parse()?;
    let versions = store.link_versions(id, before, limit).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(HistoryView::new(&versions, limit)))
}

fn answer(record: &LinkRecord, site: &Site, clock: &Clock) -> Response {
    let view = LinkView::new(record, site, clock.now());
    ([etag(record)], Json(view)).into_response()
}

/// The revision in quotes: what `If-Match` names.
fn etag(record: &LinkRecord) -> (HeaderName, HeaderValue) {
    let tag = format!("\"{}\"", record.link.revision);
    (header::ETAG, HeaderValue::from_str(&tag).expect("digits in quotes are a header value"))
}
