//! `/api/v1/keys`: API keys, with which programs act for a user. A key is shown once.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use curt_domain::{ApiKey, KeyId, UserId};
use curt_store::NewKey;

use crate::{
    app::App,
    auth::{Actor, Admin, By, KeyManager, SignedIn, random},
    request::{extract::ApiJson, path_id::PathId, tags},
    response::{ApiError, ProblemCode, headers::no_store_json},
};

mod schema;
mod view;

use view::{CreatedView, KeyBody, KeysView};

/// List API keys
///
/// One's own, oldest first. There are at most a hundred.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    operation_id = "list_keys",
    tag = tags::KEYS,
    responses((status = 200, description = "The keys.", body = KeysView)),
    security(("key" = ["account"])),
)]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Response, ApiError> {
    Ok(no_store_json(KeysView::new(&app.store.keys(signed_in.id).await?)))
}

/// Create an API key
///
/// For a program that acts for you. It may do what its `scopes` name, and never more than you may.
/// Keep the `key` of the answer: it is not shown again.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    operation_id = "create_key",
    tag = tags::KEYS,
    request_body = KeyBody,
    responses((status = 201, description = "The key.", body = CreatedView)),
    security(("key" = ["account"])),
    extensions(("x-problems" = json!([ProblemCode::LimitReached]))),
)]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    body: ApiJson<KeyBody>,
) -> Result<Response, ApiError> {
    make(&app, &signed_in.actor, signed_in.id, &body.value).await
}

/// Delete an API key
///
/// It opens nothing any more, at once and on every node. Administrators can delete anybody's.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{id}",
    operation_id = "delete_key",
    tag = tags::KEYS,
    params(PathId::<KeyId>),
    responses((status = 204, description = "The key is gone.")),
    security(("key" = ["account"]), ("key" = ["admin"])),
)]
pub(crate) async fn delete(
    KeyManager(actor): KeyManager,
    State(app): State<App>,
    PathId(id): PathId<KeyId>,
) -> Result<StatusCode, ApiError> {
    let is_gone = app.store.delete_key(&actor.caller(), id, app.clock.now()).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}

/// List a user's API keys
///
/// Oldest first. There are at most a hundred.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{id}/keys",
    operation_id = "list_user_keys",
    tag = tags::ADMINISTRATION,
    params(PathId::<UserId>),
    responses((status = 200, description = "The keys.", body = KeysView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list_of_user(
    _: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<UserId>,
) -> Result<Response, ApiError> {
    app.store.user(id).await?.ok_or(ApiError::NotFound)?;
    Ok(no_store_json(KeysView::new(&app.store.keys(id).await?)))
}

/// Create an API key for a user
///
/// With no scope that the caller lacks.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{id}/keys",
    operation_id = "create_user_key",
    tag = tags::ADMINISTRATION,
    params(PathId::<UserId>),
    request_body = KeyBody,
    responses((status = 201, description = "The key.", body = CreatedView)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::LimitReached]))),
)]
pub(crate) async fn create_for_user(
    by: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<UserId>,
    body: ApiJson<KeyBody>,
) -> Result<Response, ApiError> {
    make(&app, &by.actor, id, &body.value).await
}

async fn make(
    app: &App,
    actor: &Actor,
    user: UserId,
    body: &KeyBody,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let (name, scopes, expires_at) = body.parse(now)?;
    // Callers cannot grant rights they do not have.
    if !scopes.are_within(actor.rights()) {
        return Err(ApiError::Forbidden);
    }
    let key = ApiKey::from_random(random());
    let hint = key.hint().to_owned();
    let new = NewKey { user, name, token: key.hash(), hint, scopes, expires_at };
    let record = app.store.create_key(&actor.caller(), new, now).await?;
    let view = CreatedView::new(&key, &record);
    Ok((StatusCode::CREATED, no_store_json(view)).into_response())
}
