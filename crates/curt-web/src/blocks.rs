//! `/api/v1/admin/ip-blocks`: clients that are refused.
//!
//! Whatever changes the list is in force on this node before it is answered, and on the others as
//! soon as they hear of it.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
};
use curt_cache::{Blocked, Blocks};
use curt_domain::{BLOCKS_MAX, BlockId, BlockKind, Clock};
use curt_store::{AddBlockError, Store, StoreError};
use tokio::sync::Mutex;

use crate::{
    app::App,
    auth::{Admin, By},
    destinations::TAG,
    errors::ApiError,
    extract::{ApiJson, ApiQuery, decimal},
    limits::Allowance,
};

mod automatic;
mod view;

pub use automatic::AutomaticBlocks;
pub(crate) use automatic::Suspects;
use view::{BlockPage, BlockQuery, BlockView, NewBlockBody};

/// The blocks that this node enforces, and how it reads them.
#[derive(Clone)]
pub struct BlockList {
    store: Store,
    blocks: Arc<Blocks>,
    clock: Clock,
    /// Held while the list is read: of two, the later must be the one that stays.
    reading: Arc<Mutex<()>>,
}

impl BlockList {
    /// Nobody is blocked until [`BlockList::reload`].
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, blocks: Arc::default(), clock, reading: Arc::default() }
    }

    /// Enforces what the database has now.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let reading = self.reading.lock().await;
        let blocks = self.store.blocks(None, 2 * BLOCKS_MAX, self.clock.now()).await?;
        self.blocks.replace(&blocks);
        drop(reading);
        Ok(())
    }

    /// The block of this client; costs one load while nobody is blocked.
    pub(crate) fn find(&self, client: IpAddr) -> Option<Blocked> {
        if !self.blocks.has_some() {
            return None;
        }
        self.blocks.find(client, self.clock.now())
    }

    /// Whether somebody decided that this client gets nothing at all.
    pub fn bars(&self, client: IpAddr) -> bool {
        self.find(client).is_some_and(|blocked| blocked.kind == BlockKind::Manual)
    }
}

/// The `{id}` of a block; what is no id names none.
pub(crate) struct PathBlock(BlockId);

impl<S: Send + Sync> FromRequestParts<S> for PathBlock {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| ApiError::NotFound)?;
        decimal(&text).and_then(BlockId::new).map(Self).ok_or(ApiError::NotFound)
    }
}

/// List blocked clients
///
/// Those that hold now, the newest first. Follow `next_cursor` for more.
#[utoipa::path(
    get,
    path = "/api/v1/admin/ip-blocks",
    operation_id = "list_ip_blocks",
    tag = TAG,
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
    let blocks = store.blocks(before, limit, clock.now()).await?;
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
    tag = TAG,
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
    let added = app.store.add_block(wanted, &by.actor.caller(), now).await?;
    app.block_list.reload().await?;
    Ok((StatusCode::CREATED, Json(BlockView::new(&added))))
}

/// Lift a block
///
/// The client is let in again: on this node at once, on others within two seconds.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/ip-blocks/{id}",
    operation_id = "lift_ip_block",
    tag = TAG,
    params(PathBlock),
    responses((status = 204, description = "It is lifted.")),
    security(("key" = ["admin"])),
)]
pub(crate) async fn lift(
    by: By<Admin>,
    State(app): State<App>,
    PathBlock(id): PathBlock,
) -> Result<StatusCode, ApiError> {
    app.store
        .lift_block(id, &by.actor.caller(), app.clock.now())
        .await?
        .ok_or(ApiError::NotFound)?;
    app.block_list.reload().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<AddBlockError> for ApiError {
    fn from(error: AddBlockError) -> Self {
        match error {
            AddBlockError::TooMany => {
                Self::invalid_field("network", format!("is one too many: {error}; lift some first"))
            }
            AddBlockError::Store(error) => error.into(),
        }
    }
}
