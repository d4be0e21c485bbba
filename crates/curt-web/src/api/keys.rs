//! `/api/v1/keys`: API keys, with which programs act for a user. A key is shown once.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use curt_domain::{ApiKey, KeyName, Scope, Scopes, Timestamp, UserId};
use curt_store::{KEYS_PER_USER_MAX, KeyRecord, NewKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::{Actor, Admin, By, KeyManager, SignedIn, random},
    request::{
        extract::{ApiJson, PathKey, PathUser},
        fields::FieldErrors,
        schema as shared, tags,
    },
    response::{ApiError, FieldError, ProblemCode, headers::no_store_json},
};

mod schema;

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub(crate) struct KeyBody {
    #[schema(schema_with = schema::name)]
    name: String,
    #[schema(schema_with = schema::scopes)]
    scopes: Vec<String>,
    #[schema(schema_with = schema::expires_at)]
    expires_at: Option<String>,
}

/// An API key, without what makes it one.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyView {
    #[schema(schema_with = shared::key_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// What an old key and a new one have.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyRest)]
struct RestView {
    #[schema(schema_with = shared::user_id)]
    user_id: u64,
    #[schema(schema_with = schema::name)]
    name: String,
    #[schema(schema_with = schema::hint)]
    hint: String,
    #[schema(schema_with = schema::scopes)]
    scopes: Vec<&'static str>,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(required = true, schema_with = schema::expires_at)]
    expires_at: Option<String>,
    #[schema(required = true, schema_with = schema::last_used_at)]
    last_used_at: Option<String>,
}

/// A new API key: `key` is in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub(crate) struct CreatedView {
    #[schema(schema_with = schema::key)]
    key: String,
    #[schema(schema_with = shared::key_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// All API keys of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyList)]
pub(crate) struct KeysView {
    #[schema(max_items = 100)]
    items: Vec<KeyView>,
}

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
    params(PathKey),
    responses((status = 204, description = "The key is gone.")),
    security(("key" = ["account"]), ("key" = ["admin"])),
)]
pub(crate) async fn delete(
    KeyManager(actor): KeyManager,
    State(app): State<App>,
    PathKey(id): PathKey,
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
    params(PathUser),
    responses((status = 200, description = "The keys.", body = KeysView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list_of_user(
    _: By<Admin>,
    State(app): State<App>,
    PathUser(id): PathUser,
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
    params(PathUser),
    request_body = KeyBody,
    responses((status = 201, description = "The key.", body = CreatedView)),
    security(("key" = ["admin"])),
    extensions(("x-problems" = json!([ProblemCode::LimitReached]))),
)]
pub(crate) async fn create_for_user(
    by: By<Admin>,
    State(app): State<App>,
    PathUser(id): PathUser,
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
    // Nobody gives away what they do not have.
    if !scopes.are_within(actor.rights()) {
        return Err(ApiError::Forbidden);
    }
    let key = ApiKey::from_random(random());
    let hint = key.hint().to_owned();
    let new = NewKey { user, name, token: key.hash(), hint, scopes, expires_at };
    let record = app.store.create_key(&actor.caller(), new, now).await?;
    let KeyView { id, rest } = KeyView::new(&record);
    let view = CreatedView { key: key.as_str().to_owned(), id, rest };
    Ok((StatusCode::CREATED, no_store_json(view)).into_response())
}

impl KeyBody {
    fn parse(&self, now: Timestamp) -> Result<(KeyName, Scopes, Option<Timestamp>), ApiError> {
        let mut errors = FieldErrors::default();
        let name = KeyName::parse(&self.name).map_err(|error| FieldError::text("name", error));
        let name = errors.ok(name);
        let mut scopes = Vec::new();
        // One that stands there often is one; a list without end is not read to its end.
        for (index, word) in self.scopes.iter().take(Scope::ALL.len() + 1).enumerate() {
            let field = format!("scopes[{index}]");
            let scope = word.parse::<Scope>();
            let scope = scope.map_err(|error| FieldError::invalid(&field, error.to_string()));
            scopes.extend(errors.ok(scope));
        }
        if self.scopes.is_empty() || Scope::ALL.len() < self.scopes.len() {
            let words = format!("must be 1 to {} scopes", Scope::ALL.len());
            errors.add(FieldError::invalid("scopes", words));
        }
        let expires_at = self.expires_at.as_deref();
        let expires_at = expires_at.and_then(|text| errors.time("expires_at", text));
        if expires_at.is_some_and(|at| at <= now) {
            errors.add(FieldError::invalid("expires_at", "must lie in the future"));
        }
        errors.finish()?;
        let name = name.expect("nothing was wrong with the fields, so there is a name");
        Ok((name, scopes.into_iter().collect(), expires_at))
    }
}

impl KeysView {
    fn new(records: &[KeyRecord]) -> Self {
        debug_assert!(records.len() <= KEYS_PER_USER_MAX as usize);
        Self { items: records.iter().map(KeyView::new).collect() }
    }
}

impl KeyView {
    fn new(record: &KeyRecord) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let rest = RestView {
            user_id: record.user.get(),
            name: record.name.as_str().to_owned(),
            hint: record.hint.clone(),
            scopes: record.scopes.iter().map(Scope::as_str).collect(),
            created_at: record.created_at.to_string(),
            expires_at: text(record.expires_at),
            last_used_at: text(record.last_used_at),
        };
        Self { id: record.id.get(), rest }
    }
}
