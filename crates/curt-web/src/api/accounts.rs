//! `/api/v1/auth`: accounts as their owners see them, and how owners prove who they are.
//!
//! Everything that checks a password goes through [`passwords`]. So all checks are counted
//! together, take the same time, and do not tell whether an account exists.

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

/// Makes the browser from which this user has just logged in a known device.
fn known_device(app: &App, user: &User) -> (HeaderName, HeaderValue) {
    let value = app.auth.devices.cookie(user.id, app.clock.now());
    (header::SET_COOKIE, app.auth.cookies.set(Cookie::Device, &value, DEVICE_AGE_MAX))
}

/// Makes the browser forget its session.
fn no_session(app: &App) -> (HeaderName, HeaderValue) {
    (header::SET_COOKIE, app.auth.cookies.clear(Cookie::Session))
}
