//! `/api/v1/admin/users`: accounts as administrators see them.

use axum::{extract::State, http::StatusCode, response::Response};
use curt_domain::{Role, UserEdit, UserId};
use curt_store::{Admission, Cursor, LinksOf, UserPage, UserQuery};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::accounts::{
        UserView,
        passwords::new_hash,
        register::{self, Draft},
        schema as accounts_schema,
    },
    app::App,
    auth::{Admin, By},
    request::{
        extract::{ApiJson, ApiQuery, PathUser, decimal},
        fields::{Field, FieldErrors, clearable, present},
        schema as shared, tags,
    },
    response::{ApiError, FieldError, ProblemCode, headers::no_store_json},
};

mod schema;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[param(schema_with = schema::search)]
    q: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// A page of users, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = UserPage)]
pub(crate) struct UsersView {
    items: Vec<UserView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// An account for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct CreateBody {
    #[schema(schema_with = accounts_schema::email)]
    email: String,
    #[schema(schema_with = accounts_schema::new_password)]
    password: String,
    #[schema(schema_with = accounts_schema::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = accounts_schema::role_or_null)]
    role: Option<String>,
}

/// What to change about a user: a field that is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChanges)]
pub(crate) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::email)]
    email: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::full_name_or_null)]
    full_name: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::role)]
    role: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::status)]
    status: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::new_password)]
    password: Field<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    #[param(schema_with = schema::links_to)]
    links_to: Option<String>,
}

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
    let body = body.value;
    let mut errors = FieldErrors::default();
    let email = errors.email(&body.email);
    let full_name = body.full_name.and_then(|text| errors.full_name(&text));
    let role = body.role.and_then(|word| errors.role(&word)).unwrap_or(Role::User);
    errors.finish()?;
    let email = email.expect("nothing was wrong with the fields, so there is an address");
    let draft = Draft { email, full_name, password: body.password };
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
    params(PathUser),
    responses((status = 200, description = "The user.", body = UserView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn show(
    _: By<Admin>,
    State(app): State<App>,
    PathUser(id): PathUser,
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
    params(PathUser),
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
    PathUser(id): PathUser,
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
    params(PathUser, DeleteQuery),
    responses((status = 204, description = "The user is gone.")),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::LastAdministrator]))),
)]
pub(crate) async fn delete(
    by: By<Admin>,
    State(app): State<App>,
    PathUser(id): PathUser,
    ApiQuery(query): ApiQuery<DeleteQuery>,
) -> Result<StatusCode, ApiError> {
    let links = query.parse()?;
    app.store.delete_user(&by.actor.caller(), id, links, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ListQuery {
    fn parse(self) -> Result<UserQuery, ApiError> {
        let mut errors = FieldErrors::default();
        let query = UserQuery {
            q: self.q.and_then(|text| errors.search(text)),
            limit: errors.limit(self.limit.as_deref()),
            cursor: self.cursor.as_deref().and_then(|text| errors.cursor(text)),
        };
        errors.finish()?;
        Ok(query)
    }
}

impl DeleteQuery {
    fn parse(&self) -> Result<LinksOf, ApiError> {
        let Some(text) = &self.links_to else { return Ok(LinksOf::Keep) };
        let heir = decimal(text).and_then(UserId::new).map(LinksOf::TransferTo);
        let mistake = || FieldError::invalid("links_to", "is no other user's id");
        heir.ok_or_else(|| ApiError::InvalidFields(vec![mistake()]))
    }
}

impl EditBody {
    fn parse(self) -> Result<(UserEdit, Option<String>), ApiError> {
        let mut errors = FieldErrors::default();
        let email = errors.required("email", self.email);
        let role = errors.required("role", self.role);
        let switch = errors.required("status", self.status);
        let password = errors.required("password", self.password);
        let words = "is neither active nor disabled";
        let edit = UserEdit {
            email: email.and_then(|text| errors.email(&text)),
            full_name: clearable(self.full_name, |text| errors.full_name(&text)),
            role: role.and_then(|word| errors.role(&word)),
            switch: switch.and_then(|word| errors.switch(&word, words)),
            password: None,
        };
        errors.finish()?;
        Ok((edit, password))
    }
}

impl UsersView {
    fn new(page: &UserPage) -> Self {
        Self {
            items: page.items.iter().map(UserView::new).collect(),
            next_cursor: page.next.as_ref().map(Cursor::to_string),
        }
    }
}
