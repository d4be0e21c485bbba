//! `/api/v1/auth`: accounts as their owners see them, and how they prove that they are theirs.
//!
//! Whatever looks at a password goes through [`passwords`], so that all of it is counted together,
//! takes the same time, and tells nobody whether there is such an account.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use curt_domain::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::{Cookie, DEVICE_AGE_MAX},
    errors::ApiError,
    openapi::fields::accounts as fields,
    pages::NO_STORE,
};

mod login;
mod me;
mod passwords;
mod register;
mod session;
mod setup;
mod tokens;

pub(crate) use login::{
    __path_log_in, __path_log_out, __path_log_out_everywhere, __path_refresh, log_in, log_out,
    log_out_everywhere, refresh,
};
pub(crate) use me::{
    __path_change_password, __path_delete_me, __path_edit_me, __path_show_me, change_password,
    delete_me, edit_me, show_me,
};
pub(crate) use passwords::new_hash;
pub(crate) use register::{__path_bootstrap, __path_register, Draft, bootstrap, create, register};
pub(crate) use session::{__path_begin_session, __path_end_session, begin_session, end_session};
pub(crate) use setup::{__path_send_setup, __path_show_setup, send_setup, show_setup};

/// Under which the API's documentation groups them.
const TAG: &str = "accounts";

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(schema_with = fields::user_id)]
    id: u64,
    #[schema(schema_with = fields::email)]
    email: String,
    #[schema(required = true, schema_with = fields::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = fields::role)]
    role: &'static str,
    #[schema(schema_with = fields::user_status)]
    status: &'static str,
    #[schema(schema_with = fields::user_created_at)]
    created_at: String,
    #[schema(schema_with = fields::user_updated_at)]
    updated_at: String,
}

impl UserView {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id.get(),
            email: user.email.to_string(),
            full_name: user.full_name.as_ref().map(|name| name.as_str().to_owned()),
            role: user.role.as_str(),
            status: if user.disabled_at.is_some() { "disabled" } else { "active" },
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// An answer that nobody keeps: it is about a person, or holds a secret.
pub(crate) fn private(view: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, NO_STORE)], Json(view)).into_response()
}

/// Lets the browser be known, from which this user has just logged in.
fn known_device(app: &App, user: &User) -> (HeaderName, HeaderValue) {
    let value = app.auth.devices.cookie(user.id, app.clock.now());
    (header::SET_COOKIE, app.auth.cookies.set(Cookie::Device, &value, DEVICE_AGE_MAX))
}

/// Has the browser forget its session.
fn no_session(app: &App) -> (HeaderName, HeaderValue) {
    (header::SET_COOKIE, app.auth.cookies.clear(Cookie::Session))
}

/// A person who was there a moment ago, when they proved it.
fn gone() -> ApiError {
    ApiError::Unauthenticated
}
