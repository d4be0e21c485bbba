//! `/api/v1/admin/invites`: letting one person make an account, once.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use curt_domain::{InviteId, Token};
use curt_store::NewInvite;

use crate::{
    app::App,
    auth::{Admin, By, random},
    request::{extract::ApiJson, path_id::PathId, tags},
    response::{ApiError, ProblemCode, headers::no_store_json},
};

mod schema;
mod view;

use view::{CreatedView, InviteBody, InvitesView};

/// List invitations
///
/// Newest first, used ones too, until they expire.
#[utoipa::path(
    get,
    path = "/api/v1/admin/invites",
    operation_id = "list_invites",
    tag = tags::ADMINISTRATION,
    responses((status = 200, description = "The invitations.", body = InvitesView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list(_: By<Admin>, State(app): State<App>) -> Result<Response, ApiError> {
    let invites = app.store.invites().await?;
    Ok(no_store_json(InvitesView::new(&invites)))
}

/// Create an invitation
///
/// Whoever has it can make one account, with the `role` that it is for. Hand it over in private: it
/// is not shown again.
#[utoipa::path(
    post,
    path = "/api/v1/admin/invites",
    operation_id = "create_invite",
    tag = tags::ADMINISTRATION,
    request_body = InviteBody,
    responses((status = 201, description = "The invitation.", body = CreatedView)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::LimitReached]))),
)]
pub(crate) async fn create(
    by: By<Admin>,
    State(app): State<App>,
    body: ApiJson<InviteBody>,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let (role, expires_at) = body.value.parse(now)?;
    let token = Token::from_random(random());
    let new = NewInvite { token: token.hash(), role, expires_at };
    let invite = app.store.create_invite(&by.actor.caller(), new, now).await?;
    let view = CreatedView::new(&token, &invite);
    Ok((StatusCode::CREATED, no_store_json(view)).into_response())
}

/// Take an invitation back
///
/// Nobody can use it any more. Who has used it keeps their account.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/invites/{id}",
    operation_id = "delete_invite",
    tag = tags::ADMINISTRATION,
    params(PathId::<InviteId>),
    responses((status = 204, description = "The invitation is gone.")),
    security(("key" = ["admin"])),
)]
pub(crate) async fn delete(
    by: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<InviteId>,
) -> Result<StatusCode, ApiError> {
    let is_gone = app.store.delete_invite(&by.actor.caller(), id.get(), app.clock.now()).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}
