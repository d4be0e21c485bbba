//! `/api/v1/admin/target-blocks`: where links must not lead.
//!
//! A change of the list is in force on this node before it is answered. Large imports, and changes
//! of other nodes, follow soon after.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use curt_domain::{Clock, TargetBlockId, TargetPattern, TargetRules, TargetUrl};
use curt_store::{NewTargetBlocks, Store, TargetBlock, TargetBlockSource};

mod schema;
pub(crate) mod view;

use crate::{
    app::App,
    auth::{Admin, By},
    blocking::off_thread,
    lists::target_blocks::TargetBlockList,
    request::{
        extract::{ApiJson, ApiQuery, from_json, json_bytes},
        path_id::PathId,
        tags,
    },
    response::{ApiError, FieldError, ProblemCode},
};
use view::{BlockBody, BlockPage, BlockQuery, BlockedView, ImportBody, ImportView, ListRequest};

/// Largest body of an import, in bytes: 10 000 patterns of 100 characters, and some room.
const IMPORT_BODY_LEN_MAX: usize = 2 << 20;

/// List blocked destinations
///
/// The list, its latest entry first. With `target`, the entry that keeps this URL from being a
/// target, if there is one.
#[utoipa::path(
    get,
    path = "/api/v1/admin/target-blocks",
    operation_id = "list_target_blocks",
    tag = tags::ABUSE,
    params(BlockQuery),
    responses((status = 200, description = "The page.", body = BlockPage)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([
        ProblemCode::UnsupportedScheme,
        ProblemCode::UserinfoNotAllowed,
    ]))),
)]
pub(crate) async fn list(
    _: By<Admin>,
    State(store): State<Store>,
    State(list): State<TargetBlockList>,
    ApiQuery(query): ApiQuery<BlockQuery>,
) -> Result<Json<BlockPage>, ApiError> {
    let (blocks, limit) = match query.parse()? {
        ListRequest::Page { before, limit } => {
            (store.target_blocks(before, limit + 1).await?, limit)
        }
        ListRequest::Blocking(text) => {
            let target = TargetUrl::parse(&text, &TargetRules::default()).map_err(|error| {
                ApiError::InvalidFields(vec![FieldError::target("target", &error)])
            })?;
            let found = match list.blocks.find(&target) {
                Some(pattern) => store.target_block_of(&pattern).await?,
                None => None,
            };
            (found.into_iter().collect(), 1)
        }
    };
    Ok(Json(BlockPage::new(blocks, limit)))
}

/// Block a destination
///
/// From now on no link can be made to lead there, and those that do answer 451. The answer says how
/// many those are. What is blocked already stays as it is; then the status is 200.
#[utoipa::path(
    post,
    path = "/api/v1/admin/target-blocks",
    operation_id = "block_target",
    tag = tags::ABUSE,
    request_body = BlockBody,
    responses(
        (status = 200, description = "It was blocked before.", body = BlockedView),
        (status = 201, description = "It is blocked.", body = BlockedView),
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn block(
    By { actor, .. }: By<Admin>,
    State(store): State<Store>,
    State(list): State<TargetBlockList>,
    State(clock): State<Clock>,
    body: ApiJson<BlockBody>,
) -> Result<Response, ApiError> {
    let (pattern, reason) = body.value.parse()?;
    let (source, at) = (TargetBlockSource::Admin, clock.now());
    let patterns = vec![pattern.clone()];
    let added = store
        .block_targets(&actor.caller(), NewTargetBlocks { patterns, reason, source, at })
        .await?;
    if 0 < added {
        list.reload().await?;
    }
    let block = found(&store, &pattern).await?;
    let hits = store.links_led_to(&pattern).await?;
    let status = if 0 < added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(BlockedView::new(block, hits))).into_response())
}

/// Another administrator may have removed the entry right away.
async fn found(store: &Store, pattern: &TargetPattern) -> Result<TargetBlock, ApiError> {
    store.target_block_of(pattern).await?.ok_or(ApiError::NotFound)
}

/// Block many destinations
///
/// Takes up to 10 000 patterns; what is on the list already is passed over, and what is no pattern
/// costs the others nothing. They are in force within some seconds.
#[utoipa::path(
    post,
    path = "/api/v1/admin/target-blocks/import",
    operation_id = "import_target_blocks",
    tag = tags::ABUSE,
    request_body = ImportBody,
    responses((status = 200, description = "What became of them.", body = ImportView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn import(
    By { actor, .. }: By<Admin>,
    State(app): State<App>,
    request: Request,
) -> Result<Json<ImportView>, ApiError> {
    let body = json_bytes(request, &app, IMPORT_BODY_LEN_MAX).await?;
    let import = off_thread(move || from_json::<ImportBody>(&body)?.parse()).await??;
    let count = import.patterns.len();
    let new = NewTargetBlocks {
        patterns: import.patterns,
        reason: import.reason,
        source: TargetBlockSource::File,
        at: app.clock.now(),
    };
    let added = app.store.block_targets(&actor.caller(), new).await?;
    if 0 < added {
        app.target_blocks.changed();
    }
    Ok(Json(ImportView::new(count, added, import.refused)))
}

/// Unblock a destination
///
/// Links that lead there are followed again.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/target-blocks/{id}",
    operation_id = "unblock_target",
    tag = tags::ABUSE,
    params(PathId::<TargetBlockId>),
    responses((status = 204, description = "It is off the list.")),
    security(("key" = ["admin"])),
)]
pub(crate) async fn unblock(
    By { actor, .. }: By<Admin>,
    State(store): State<Store>,
    State(list): State<TargetBlockList>,
    State(clock): State<Clock>,
    PathId(id): PathId<TargetBlockId>,
) -> Result<StatusCode, ApiError> {
    if !store.unblock_target(&actor.caller(), id.get(), clock.now()).await? {
        return Err(ApiError::NotFound);
    }
    list.reload().await?;
    Ok(StatusCode::NO_CONTENT)
}
