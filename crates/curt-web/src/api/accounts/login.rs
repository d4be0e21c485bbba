//! Logging in and out with tokens, for programs.

use axum::{
    extract::State,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_domain::Token;
use curt_store::Rotation;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::accounts::{
        known_device, no_session, passwords, schema,
        tokens::{REFRESH_AGE_MAX, TokensView},
    },
    app::App,
    auth::{LoginOrigin, SignedIn},
    request::{extract::ApiJson, tags},
    response::{ApiError, ProblemCode, headers::no_store_json},
};

/// Who somebody says they are, and how they prove it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Credentials)]
pub(crate) struct LoginBody {
    #[schema(schema_with = schema::email)]
    pub(super) email: String,
    #[schema(schema_with = schema::password)]
    pub(super) password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefreshToken)]
pub(crate) struct RefreshBody {
    #[schema(schema_with = schema::refresh_token)]
    refresh_token: String,
}

/// Log in
///
/// Gives an access token, which is good for a quarter of an hour, and a refresh token to get the
/// next one with. Whether the address or the password is wrong is not told. After ten wrong
/// passwords in a row there are pauses, which get longer, for everybody but browsers that this user
/// has logged in from before; the cookie `__Host-device` tells them.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "log_in",
    tag = tags::ACCOUNTS,
    request_body = LoginBody,
    responses((
        status = 200,
        description = "The tokens.",
        body = TokensView,
        headers(("Set-Cookie" = String, description = "That this browser is known.")),
    )),
    extensions(("x-problems" = json!([ProblemCode::Unauthenticated, ProblemCode::RateLimited]))),
)]
pub(crate) async fn log_in(
    State(app): State<App>,
    origin: LoginOrigin,
    body: ApiJson<LoginBody>,
) -> Result<Response, ApiError> {
    let LoginBody { email, password } = body.value;
    let user = passwords::log_in(&app, &origin, &email, &password).await?;
    let tokens = TokensView::begin(&app, &user).await?;
    Ok((AppendHeaders([known_device(&app, &user)]), no_store_json(tokens)).into_response())
}

/// Refresh tokens
///
/// Gives the next tokens for a refresh token, which is good once. Using it again ends all that came
/// of the same login: somebody has a copy. Only within ten seconds a second use is taken for
/// another tab, and gets the same refresh token, unless that has been used, too.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    operation_id = "refresh_tokens",
    tag = tags::ACCOUNTS,
    request_body = RefreshBody,
    responses((status = 200, description = "The next tokens.", body = TokensView)),
    extensions(("x-problems" = json!([ProblemCode::Unauthenticated]))),
)]
pub(crate) async fn refresh(
    State(app): State<App>,
    body: ApiJson<RefreshBody>,
) -> Result<Response, ApiError> {
    let old: Token = body.value.refresh_token.parse().map_err(|_| ApiError::TokenRefused)?;
    let (now, new) = (app.clock.now(), app.auth.refresh_chain.of(&old));
    let expires_at = now.plus(REFRESH_AGE_MAX);
    let rotation = app.store.rotate_refresh_token(old.hash(), new.hash(), expires_at, now).await?;
    match rotation {
        Rotation::Rotated { user, family } => {
            Ok(no_store_json(TokensView::new(&app, &user, family, &new)))
        }
        Rotation::Refused => Err(ApiError::TokenRefused),
        Rotation::Reused(user) => {
            tracing::warn!(%user, "a refresh token was used twice; its login has been ended");
            Err(ApiError::TokenRefused)
        }
    }
}

/// Log out
///
/// Ends the login that the refresh token belongs to, at once and with its access tokens. A token
/// that is unknown has ended already.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "log_out",
    tag = tags::ACCOUNTS,
    request_body = RefreshBody,
    responses((status = 204, description = "The login has ended.")),
)]
pub(crate) async fn log_out(
    State(app): State<App>,
    body: ApiJson<RefreshBody>,
) -> Result<StatusCode, ApiError> {
    if let Ok(token) = body.value.refresh_token.parse::<Token>() {
        app.store.end_refresh_family(token.hash()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Log out everywhere
///
/// Ends all logins and sessions of the account at once, this one too, with their access tokens. API
/// keys stay.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout-everywhere",
    operation_id = "log_out_everywhere",
    tag = tags::ACCOUNTS,
    responses((
        status = 204,
        description = "All have ended.",
        headers(("Set-Cookie" = String, description = "Takes the session's cookie away.")),
    )),
    security(("key" = ["account"])),
)]
pub(crate) async fn log_out_everywhere(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Response, ApiError> {
    app.store.end_sessions(&signed_in.actor.caller(), signed_in.id, app.clock.now()).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([no_session(&app)])).into_response())
}
