//! `/api/v1/auth`: accounts as their owners see them, and how they prove that they are theirs.
//!
//! Whatever looks at a password goes through [`passwords`], so that all of it is counted together,
//! takes the same time, and tells nobody whether there is such an account.

use axum::http::{HeaderName, HeaderValue, header};
use curt_domain::User;

use crate::{
    app::App,
    auth::{Cookie, DEVICE_AGE_MAX},
};

pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod passwords;
pub(crate) mod register;
pub(crate) mod schema;
pub(crate) mod session;
pub(crate) mod tokens;
pub(crate) mod view;

/// Lets the browser be known, from which this user has just logged in.
fn known_device(app: &App, user: &User) -> (HeaderName, HeaderValue) {
    let value = app.auth.devices.cookie(user.id, app.clock.now());
    (header::SET_COOKIE, app.auth.cookies.set(Cookie::Device, &value, DEVICE_AGE_MAX))
}

/// Has the browser forget its session.
fn no_session(app: &App) -> (HeaderName, HeaderValue) {
    (header::SET_COOKIE, app.auth.cookies.clear(Cookie::Session))
}
