//! The page that makes the first administrator: the only one with a script, known by its hash.

use std::sync::LazyLock;

use axum::{
    http::{HeaderValue, StatusCode},
    response::Response,
};
use curt_domain::Email;
use curt_ui::{ENGLISH, Typed, script_source};

use super::{FORM_POLICY, complete, html};
use crate::response::ApiError;

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let form = FORM_POLICY.to_str().expect("the policy is visible ASCII");
    let policy = format!("{form}; script-src {}", script_source());
    policy.try_into().expect("the policy is visible ASCII")
});

/// The form; after a mistake, it says what was wrong.
pub(crate) fn setup_form(
    status: StatusCode,
    typed: Typed<'_>,
    error: Option<&ApiError>,
) -> Response {
    let mistake = error.map(|error| match error {
        ApiError::NotFound => ENGLISH.setup_wrong_token.to_owned(),
        other => other.to_string(),
    });
    complete(status, &POLICY, curt_ui::setup_form(&ENGLISH, typed, mistake.as_deref()))
}

/// What to do next.
pub(crate) fn setup_done(email: &Email) -> Response {
    html(StatusCode::CREATED, curt_ui::setup_done(&ENGLISH, email))
}
