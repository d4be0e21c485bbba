//! The caller's own account.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_domain::{Login, UserEdit};
use curt_store::LinksOf;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::accounts::{
        no_session,
        passwords::{confirm, new_hash},
        schema,
        tokens::{self, SESSION_AGE_MAX, TokensView},
        view::UserView,
    },
    app::App,
    auth::{AccountUser, Cookie, LoginOrigin, Proof, SignedIn},
    request::{
        extract::ApiJson,
        fields::{Field, FieldErrors, clearable, present},
        tags,
    },
    response::{ApiError, ProblemCode, headers::no_store_json},
};

/// What to change about one's account: a field that is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChanges)]
pub(crate) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::email)]
    email: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::full_name_or_null)]
    full_name: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::current_password)]
    current_password: Field<String>,
}

/// An old password and a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub(crate) struct PasswordBody {
    #[schema(schema_with = schema::current_password)]
    current_password: String,
    #[schema(schema_with = schema::new_password)]
    new_password: String,
}

/// That it is really the owner who wants it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Confirmation)]
pub(crate) struct ConfirmBody {
    #[schema(schema_with = schema::current_password)]
    current_password: String,
}

/// Show one's account
///
/// Whose key, token or session it is.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    operation_id = "show_me",
    tag = tags::ACCOUNTS,
    responses((status = 200, description = "The account.", body = UserView)),
    security(("key" = [])),
)]
pub(crate) async fn show_me(
    State(app): State<App>,
    AccountUser(id): AccountUser,
) -> Result<Response, ApiError> {
    let user = app.store.user(id).await?.ok_or(ApiError::Unauthenticated)?;
    Ok(no_store_json(UserView::new(&user)))
}

/// Edit one's account
///
/// Changes what the body names. Another address needs the password: it is what one logs in with.
#[utoipa::path(
    patch,
    path = "/api/v1/auth/me",
    operation_id = "edit_me",
    tag = tags::ACCOUNTS,
    request_body = EditBody,
    responses((status = 200, description = "The account as it is now.", body = UserView)),
    security(("key" = ["account"])),
    extensions(("x-problems" = json!([ProblemCode::EmailTaken, ProblemCode::RateLimited]))),
)]
pub(crate) async fn edit_me(
    State(app): State<App>,
    signed_in: SignedIn,
    origin: LoginOrigin,
    body: ApiJson<EditBody>,
) -> Result<Response, ApiError> {
    let EditBody { email, full_name, current_password } = body.value;
    let mut errors = FieldErrors::default();
    let email = errors.required("email", email).and_then(|text| errors.email(&text));
    let full_name = clearable(full_name, |text| errors.full_name(&text));
    let password = errors.required("current_password", current_password);
    errors.finish()?;
    if email.is_some() {
        let words = "is needed to change the address";
        let password =
            password.ok_or_else(|| ApiError::invalid_field("current_password", words))?;
        confirm(&app, &origin, signed_in.id, &password).await?;
    }
    let edit = UserEdit { email, full_name, ..UserEdit::default() };
    let user =
        app.store.edit_user(&signed_in.actor.caller(), signed_in.id, edit, app.clock.now()).await?;
    Ok(no_store_json(UserView::new(&user)))
}

/// Delete one's account
///
/// Everything personal goes at once: the address, the name, logins and API keys. The links go on,
/// and belong to nobody.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/me",
    operation_id = "delete_me",
    tag = tags::ACCOUNTS,
    request_body = ConfirmBody,
    responses((
        status = 204,
        description = "The account is gone.",
        headers(("Set-Cookie" = String, description = "Takes the session's cookie away.")),
    )),
    security(("key" = ["account"])),
    extensions(("x-problems" = json!([ProblemCode::LastAdministrator, ProblemCode::RateLimited]))),
)]
pub(crate) async fn delete_me(
    State(app): State<App>,
    signed_in: SignedIn,
    origin: LoginOrigin,
    body: ApiJson<ConfirmBody>,
) -> Result<Response, ApiError> {
    confirm(&app, &origin, signed_in.id, &body.value.current_password).await?;
    let (caller, now) = (signed_in.actor.caller(), app.clock.now());
    app.store.delete_user(&caller, signed_in.id, LinksOf::Keep, now).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([no_session(&app)])).into_response())
}

/// Change one's password
///
/// Ends all other logins and sessions at once. Whoever came with a token gets new ones; a browser
/// gets a new session.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password",
    operation_id = "change_password",
    tag = tags::ACCOUNTS,
    request_body = PasswordBody,
    responses(
        (status = 200, description = "New tokens.", body = TokensView),
        (
            status = 204,
            description = "A new session.",
            headers(("Set-Cookie" = String, description = "The session.")),
        ),
    ),
    security(("key" = ["account"])),
    extensions(("x-problems" = json!([ProblemCode::WeakPassword, ProblemCode::RateLimited]))),
)]
pub(crate) async fn change_password(
    State(app): State<App>,
    signed_in: SignedIn,
    origin: LoginOrigin,
    body: ApiJson<PasswordBody>,
) -> Result<Response, ApiError> {
    let PasswordBody { current_password, new_password } = body.value;
    let user = confirm(&app, &origin, signed_in.id, &current_password).await?;
    let hash = new_hash(&app, "new_password", &new_password, &user.email).await?;
    let (caller, now) = (signed_in.actor.caller(), app.clock.now());
    let user = app.store.set_password(&caller, signed_in.id, hash, now).await?;
    if !matches!(signed_in.actor.proof, Proof::Login(Login::Session(_))) {
        return Ok(no_store_json(TokensView::begin(&app, &user).await?));
    }
    let token = tokens::session(&app, &user).await?;
    let session = app.auth.cookies.set(Cookie::Session, token.as_str(), SESSION_AGE_MAX);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, session)])).into_response())
}
