//! `/api/v1/auth`: accounts as their owners see them, and how they prove that they are theirs.
//!
//! Whatever looks at a password goes through [`passwords`], so that all of it is counted together,
//! takes the same time, and tells nobody whether there is such an account.

use axum::http::{HeaderName, HeaderValue, header};
use curt_domain::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::{Cookie, DEVICE_AGE_MAX},
    request::schema as shared,
};

pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod passwords;
pub(crate) mod register;
pub(crate) mod schema;
pub(crate) mod session;
pub(crate) mod tokens;

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(schema_with = shared::user_id)]
    id: u64,
    #[schema(schema_with = schema::email)]
    email: String,
    #[schema(required = true, schema_with = schema::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = schema::role)]
    role: &'static str,
    #[schema(schema_with = schema::status)]
    status: &'static str,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(schema_with = schema::updated_at)]
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

/// Lets the browser be known, from which this user has just logged in.
fn known_device(app: &App, user: &User) -> (HeaderName, HeaderValue) {
    let value = app.auth.devices.cookie(user.id, app.clock.now());
    (header::SET_COOKIE, app.auth.cookies.set(Cookie::Device, &value, DEVICE_AGE_MAX))
}

/// Has the browser forget its session.
fn no_session(app: &App) -> (HeaderName, HeaderValue) {
    (header::SET_COOKIE, app.auth.cookies.clear(Cookie::Session))
}
