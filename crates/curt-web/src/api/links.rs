//! `/api/v1/urls`: links as their owners see them.
//!
//! Every change to a link removes it from this node's cache before the answer is sent, so that the
//! old target is never followed here after the change was acknowledged.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use curt_cache::LinkCache;
use curt_domain::{Clock, LinkId, LinkRecord};
use curt_store::Store;

use crate::{
    app::App,
    auth::{By, ReadLinks, WriteLinks},
    request::{
        extract::{ApiJson, ApiQuery, IfMatch},
        path_id::PathId,
        tags,
    },
    response::{ApiError, ProblemCode},
    site::Site,
};

pub(crate) mod bulk;
pub(crate) mod create;
mod edit;
mod fields;
mod history;
pub(crate) mod list;
pub(crate) mod qr;
pub(crate) mod schema;
pub(crate) mod view;

use edit::EditBody;
use history::{HistoryQuery, HistoryView};
use list::{ListQuery, ListView};
use view::LinkView;

/// List links
///
/// A page of links, newest first where `sort` does not say otherwise. Follow `next_cursor` for
/// more; links made or deleted meanwhile disturb nothing.
///
/// `short_code` finds the one link that has the code. `status=deleted` lists what can still be
/// restored, latest deletion first. Neither goes together with other filters, but both do together.
#[utoipa::path(
    get,
    path = "/api/v1/urls",
    operation_id = "list_links",
    tag = tags::LINKS,
    params(ListQuery),
    responses((
        status = 200,
        description = "The page.",
        body = ListView,
    )),
    security(("key" = ["links:read"])),
    extensions(("x-problems" = json!([ProblemCode::InvalidCode]))),
)]
pub(crate) async fn list(
    By { actor, .. }: By<ReadLinks>,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<ListView>, ApiError> {
    let now = clock.now();
    let page = query.parse()?.find(&store, actor.access(), now).await?;
    Ok(Json(ListView::new(&page, &site, now)))
}

/// Show a link
///
/// The link with its settings, its status and its clicks.
#[utoipa::path(
    get,
    path = "/api/v1/urls/{id}",
    operation_id = "show_link",
    tag = tags::LINKS,
    params(PathId::<LinkId>),
    responses((
        status = 200,
        description = "The link.",
        body = LinkView,
        headers(("ETag" = String, description = "The link's revision in quotes, for `If-Match`.")),
    )),
    security(("key" = ["links:read"])),
)]
pub(crate) async fn show(
    By { actor, .. }: By<ReadLinks>,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    PathId(id): PathId<LinkId>,
) -> Result<Response, ApiError> {
    let record = store.link(actor.access(), id).await?.ok_or(ApiError::NotFound)?;
    Ok(answer(&record, &site, &clock))
}

/// Edit a link
///
/// Changes what the body names and keeps the rest. When the answer comes, the old target is no
/// longer followed on this node; on others, within two seconds. The code cannot be changed.
#[utoipa::path(
    patch,
    path = "/api/v1/urls/{id}",
    operation_id = "edit_link",
    tag = tags::LINKS,
    params(PathId::<LinkId>, IfMatch),
    request_body = EditBody,
    responses((
        status = 200,
        description = "The link as it is now.",
        body = LinkView,
        headers(("ETag" = String, description = "The link's revision in quotes, for `If-Match`.")),
    )),
    security(("key" = ["links:write"])),
    extensions(("x-problems" = json!([
        ProblemCode::UnsupportedScheme,
        ProblemCode::UserinfoNotAllowed,
        ProblemCode::SelfRedirect,
        ProblemCode::BlockedDestination,
        ProblemCode::WeakPassword,
    ]))),
)]
pub(crate) async fn edit(
    By { actor, .. }: By<WriteLinks>,
    State(app): State<App>,
    PathId(id): PathId<LinkId>,
    IfMatch(revision): IfMatch,
    body: ApiJson<EditBody>,
) -> Result<Response, ApiError> {
    let edit = body.value.parse(&app.site)?.into_edit(&app).await?;
    let record = app.store.edit_link(&actor.caller(), id, edit, revision, app.clock.now()).await?;
    app.cache.invalidate(record.link.code.as_str());
    Ok(answer(&record, &app.site, &app.clock))
}

/// Delete a link
///
/// Visitors get an answer 404 at once. For 30 days the link can be restored; after that its
/// content is erased, and its code is never given to another link.
#[utoipa::path(
    delete,
    path = "/api/v1/urls/{id}",
    operation_id = "delete_link",
    tag = tags::LINKS,
    params(PathId::<LinkId>, IfMatch),
    responses((
        status = 204,
        description = "The link is gone.",
    )),
    security(("key" = ["links:write"])),
)]
pub(crate) async fn delete(
    By { actor, .. }: By<WriteLinks>,
    State(store): State<Store>,
    State(cache): State<Arc<LinkCache>>,
    State(clock): State<Clock>,
    PathId(id): PathId<LinkId>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, ApiError> {
    let code = store.delete_link(&actor.caller(), id, revision, clock.now()).await?;
    cache.invalidate(code.as_str());
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted link
///
/// Brings the link back as it was, with its clicks. A link that is not deleted stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/urls/{id}/restore",
    operation_id = "restore_link",
    tag = tags::LINKS,
    params(PathId::<LinkId>, IfMatch),
    responses((
        status = 200,
        description = "The link as it is now.",
        body = LinkView,
        headers(("ETag" = String, description = "The link's revision in quotes, for `If-Match`.")),
    )),
    security(("key" = ["links:write"])),
)]
pub(crate) async fn restore(
    By { actor, .. }: By<WriteLinks>,
    State(store): State<Store>,
    State(cache): State<Arc<LinkCache>>,
    State(site): State<Arc<Site>>,
    State(clock): State<Clock>,
    PathId(id): PathId<LinkId>,
    IfMatch(revision): IfMatch,
) -> Result<Response, ApiError> {
    let record = store.restore_link(&actor.caller(), id, revision, clock.now()).await?;
    cache.invalidate(record.link.code.as_str());
    Ok(answer(&record, &site, &clock))
}

/// Show a link's history
///
/// What the link was before each edit, newest first. What it is now is not part of it.
#[utoipa::path(
    get,
    path = "/api/v1/urls/{id}/history",
    operation_id = "show_link_history",
    tag = tags::LINKS,
    params(PathId::<LinkId>, HistoryQuery),
    responses((
        status = 200,
        description = "The page.",
        body = HistoryView,
    )),
    security(("key" = ["links:read"])),
)]
pub(crate) async fn history(
    By { actor, .. }: By<ReadLinks>,
    State(store): State<Store>,
    PathId(id): PathId<LinkId>,
    ApiQuery(query): ApiQuery<HistoryQuery>,
) -> Result<Json<HistoryView>, ApiError> {
    let (before, limit) = query.parse()?;
    let versions =
        store.link_versions(actor.access(), id, before, limit).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(HistoryView::new(&versions, limit)))
}

fn answer(record: &LinkRecord, site: &Site, clock: &Clock) -> Response {
    let view = LinkView::new(record, site, clock.now());
    ([etag(record)], Json(view)).into_response()
}

/// The revision in quotes, as `If-Match` names it.
fn etag(record: &LinkRecord) -> (HeaderName, HeaderValue) {
    let tag = format!("\"{}\"", record.link.revision);
    (header::ETAG, HeaderValue::from_str(&tag).expect("digits in quotes are a header value"))
}
