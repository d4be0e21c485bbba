//! `/api/v1/admin/ip-blocks`: clients that are refused.
//!
//! A change to the list is in force on this node before it is answered, and on the other nodes as
//! soon as they hear of it.

use axum::{Json, extract::State, http::StatusCode};
use curt_domain::{BlockId, Clock};
use curt_store::Store;

use crate::{
    app::App,
    auth::{Admin, By},
    gate::Allowance,
    request::{
        extract::{ApiJson, ApiQuery},
        path_id::PathId,
        tags,
    },
    response::ApiError,
};

mod schema;
mod view;

use view::{BlockPage, BlockQuery, BlockView, NewBlockBody};

/// List blocked clients
///
/// Those that hold now, the newest first. Follow `next_cursor` for more.
#[utoipa::path(
    get,
    path = "/api/v1/admin/ip-blocks",
    operation_id = "list_ip_blocks",
    tag = tags::ABUSE,
    params(BlockQuery),
    responses((status = 200, description = "The page.", body = BlockPage)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list(
    _: By<Admin>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    ApiQuery(query): ApiQuery<BlockQuery>,
) -> Result<Json<BlockPage>, ApiError> {
    let (before, limit) = query.parse()?;
    let blocks = store.ip_blocks(before, limit, clock.now()).await?;
    Ok(Json(BlockPage::new(&blocks, limit)))
}

/// Block a client
///
/// From now on the address or network gets an answer 403 to everything, links included: on this
/// node at once, on others within two seconds. A network that is blocked already gets this block in
/// place of the other. Your own address and those of the server itself are refused unless `force`
/// says otherwise.
#[utoipa::path(
    post,
    path = "/api/v1/admin/ip-blocks",
    operation_id = "add_ip_block",
    tag = tags::ABUSE,
    request_body = NewBlockBody,
    responses((status = 201, description = "The block.", body = BlockView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn add(
    by: By<Admin>,
    State(app): State<App>,
    allowance: Allowance,
    body: ApiJson<NewBlockBody>,
) -> Result<(StatusCode, Json<BlockView>), ApiError> {
    let now = app.clock.now();
    let wanted = body.value.parse(now, allowance.client)?;
    let added = app.store.add_ip_block(wanted, &by.actor.caller(), now).await?;
    app.ip_blocks.reload().await?;
    Ok((StatusCode::CREATED, Json(BlockView::new(&added))))
}

/// Lift a block
///
/// The client is let in again: on this node at once, on others within two seconds.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/ip-blocks/{id}",
    operation_id = "lift_ip_block",
    tag = tags::ABUSE,
    params(PathId::<BlockId>),
    responses((status = 204, description = "It is lifted.")),
    security(("key" = ["admin"])),
)]
pub(crate) async fn lift(
    by: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<BlockId>,
) -> Result<StatusCode, ApiError> {
    app.store
        .lift_ip_block(id, &by.actor.caller(), app.clock.now())
        .await?
        .ok_or(ApiError::NotFound)?;
    app.ip_blocks.reload().await?;
    Ok(StatusCode::NO_CONTENT)
}
