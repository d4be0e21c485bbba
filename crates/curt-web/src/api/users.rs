//! `/api/v1/admin/users`: accounts as administrators see them.

use axum::{extract::State, http::StatusCode, response::Response};
use curt_store::Admission;

use crate::{
    api::accounts::{passwords::new_hash, register, view::UserView},
    app::App,
    auth::{Admin, By},
    request::{
        extract::{ApiJson, ApiQuery},
        path_id::PathId,
        tags,
    },
    response::{ApiError, ProblemCode, headers::no_store_json},
};
use curt_domain::UserId;

mod schema;
mod view;

use view::{CreateBody, DeleteQuery, EditBody, ListQuery, UsersView};

/// List users
///
/// A page of them, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users",
    operation_id = "list_users",
    tag = tags::ADMINISTRATION,
    params(ListQuery),
    responses((status = 200, description = "The page.", body = UsersView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list(
    _: By<Admin>,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Response, ApiError> {
    let page = app.store.users(&query.parse()?).await?;
    Ok(no_store_json(UsersView::new(&page)))
}

/// Create a user
///
/// Whatever `auth.registration` says. The first administrator gets the links that nobody owns.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users",
    operation_id = "create_user",
    tag = tags::ADMINISTRATION,
    request_body = CreateBody,
    responses((status = 201, description = "The user.", body = UserView)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::EmailTaken, ProblemCode::WeakPassword]))),
)]
pub(crate) async fn create(
    by: By<Admin>,
    State(app): State<App>,
    body: ApiJson<CreateBody>,
) -> Result<Response, ApiError> {
    let (draft, role) = body.value.parse()?;
    register::create(&app, &by.actor.caller(), draft, Admission::As(role)).await
}

/// Show a user
///
/// Whoever has that `id`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{id}",
    operation_id = "show_user",
    tag = tags::ADMINISTRATION,
    params(PathId::<UserId>),
    responses((status = 200, description = "The user.", body = UserView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn show(
    _: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<UserId>,
) -> Result<Response, ApiError> {
    let user = app.store.user(id).await?.ok_or(ApiError::NotFound)?;
    Ok(no_store_json(UserView::new(&user)))
}

/// Edit a user
///
/// Changes what the body names. Whoever is disabled, or gets another role or password, is logged
/// out everywhere at once. The last administrator who can log in stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/users/{id}",
    operation_id = "edit_user",
    tag = tags::ADMINISTRATION,
    params(PathId::<UserId>),
    request_body = EditBody,
    responses((status = 200, description = "The user as it is now.", body = UserView)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([
        ProblemCode::EmailTaken,
        ProblemCode::WeakPassword,
        ProblemCode::LastAdministrator,
    ]))),
)]
pub(crate) async fn edit(
    by: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<UserId>,
    body: ApiJson<EditBody>,
) -> Result<Response, ApiError> {
    let (mut edit, password) = body.value.parse()?;
    let user = app.store.user(id).await?.ok_or(ApiError::NotFound)?;
    if let Some(password) = password {
        let email = edit.email.as_ref().unwrap_or(&user.email);
        edit.password = Some(new_hash(&app, "password", &password, email).await?);
    }
    let user = app.store.edit_user(&by.actor.caller(), id, edit, app.clock.now()).await?;
    Ok(no_store_json(UserView::new(&user)))
}

/// Delete a user
///
/// Everything personal goes at once: the address, the name, logins and API keys. The links go on;
/// they belong to nobody, or to the user that `links_to` names.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/users/{id}",
    operation_id = "delete_user",
    tag = tags::ADMINISTRATION,
    params(PathId::<UserId>, DeleteQuery),
    responses((status = 204, description = "The user is gone.")),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::LastAdministrator]))),
)]
pub(crate) async fn delete(
    by: By<Admin>,
    State(app): State<App>,
    PathId(id): PathId<UserId>,
    ApiQuery(query): ApiQuery<DeleteQuery>,
) -> Result<StatusCode, ApiError> {
    let links = query.parse()?;
    app.store.delete_user(&by.actor.caller(), id, links, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
