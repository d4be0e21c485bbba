//! Sessions: how browsers stay logged in, with a cookie that no script can read.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_domain::Token;

use crate::{
    api::accounts::{
        known_device,
        login::LoginBody,
        no_session, passwords,
        tokens::{self, SESSION_AGE_MAX},
        view::UserView,
    },
    app::App,
    auth::{Cookie, LoginOrigin, is_foreign, is_same_origin},
    request::{extract::ApiJson, tags},
    response::{ApiError, ProblemCode, headers::no_store_json},
};

/// Begin a session
///
/// Logs a browser in: the session is in the cookie `__Host-session`, for 30 days. Limits are those
/// of logging in for tokens.
#[utoipa::path(
    post,
    path = "/api/v1/auth/session",
    operation_id = "begin_session",
    tag = tags::ACCOUNTS,
    request_body = LoginBody,
    responses((
        status = 201,
        description = "Whose session it is.",
        body = UserView,
        headers(("Set-Cookie" = String, description = "The session, and that this browser is known.")),
    )),
    extensions(("x-problems" = json!([
        ProblemCode::Unauthenticated,
        ProblemCode::RateLimited,
        ProblemCode::CrossSiteRequest,
    ]))),
)]
pub(crate) async fn begin_session(
    State(app): State<App>,
    origin: LoginOrigin,
    headers: HeaderMap,
    body: ApiJson<LoginBody>,
) -> Result<Response, ApiError> {
    // Otherwise another site could make its visitors work in an account it controls.
    if is_foreign(&headers, &app.auth.origin) {
        return Err(ApiError::CrossSiteRequest);
    }
    let LoginBody { email, password } = body.value;
    let user = passwords::log_in(&app, &origin, &email, &password).await?;
    let token = tokens::session(&app, &user).await?;
    let session = app.auth.cookies.set(Cookie::Session, token.as_str(), SESSION_AGE_MAX);
    let cookies = AppendHeaders([(header::SET_COOKIE, session), known_device(&app, &user)]);
    Ok((StatusCode::CREATED, cookies, no_store_json(UserView::new(&user))).into_response())
}

/// End the session
///
/// Logs the browser out. One that has no session is logged out already.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/session",
    operation_id = "end_session",
    tag = tags::ACCOUNTS,
    responses((
        status = 204,
        description = "The session has ended.",
        headers(("Set-Cookie" = String, description = "Takes the session's cookie away.")),
    )),
    extensions(("x-problems" = json!([ProblemCode::CrossSiteRequest]))),
)]
pub(crate) async fn end_session(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(cookie) = app.auth.cookies.find(&headers, Cookie::Session) {
        if !is_same_origin(&headers, &app.auth.origin) {
            return Err(ApiError::CrossSiteRequest);
        }
        if let Ok(token) = cookie.parse::<Token>() {
            app.store.delete_session(&token.hash()).await?;
        }
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([no_session(&app)])).into_response())
}
