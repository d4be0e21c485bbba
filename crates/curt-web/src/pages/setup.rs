//! The page that makes the first administrator: the only one with a script, which is known by its hash.
//! Without scripts it works as well, by pasting the token.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use curt_domain::{Email, PASSWORD_LEN_MIN};
use sha2::{Digest as _, Sha256};

use super::{
    STYLE, html, policy_with_forms, styled,
    texts::{ENGLISH, Texts},
};
use crate::errors::ApiError;

const SCRIPT: &str = include_str!("../../templates/setup.js");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let form = policy_with_forms(STYLE, "'self'");
    let form = form.to_str().expect("the policy is visible ASCII");
    let policy = format!("{form}; script-src 'sha256-{hash}'");
    policy.try_into().expect("the policy is visible ASCII")
});

/// What somebody typed into the form, to have it again after a mistake. Not the password.
#[derive(Debug, Default)]
pub(crate) struct Typed<'a> {
    pub token: &'a str,
    pub email: &'a str,
    pub full_name: &'a str,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    texts: &'a Texts,
    style: &'a str,
    script: &'a str,
    password_len_min: usize,
    typed: Typed<'a>,
    /// Empty where nothing is wrong.
    mistake: &'a str,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct DonePage<'a> {
    texts: &'a Texts,
    style: &'a str,
    email: &'a str,
}

/// The form; after a mistake, with what was wrong.
pub(crate) fn setup_form(
    status: StatusCode,
    typed: Typed<'_>,
    error: Option<&ApiError>,
) -> Response {
    let mistake = error.map(|error| match error {
        ApiError::NotFound => ENGLISH.setup_wrong_token.to_owned(),
        other => other.to_string(),
    });
    let page = SetupPage {
        texts: &ENGLISH,
        style: STYLE,
        script: SCRIPT,
        password_len_min: PASSWORD_LEN_MIN,
        typed,
        mistake: mistake.as_deref().unwrap_or_default(),
    };
    styled(status, &POLICY, &page)
}

/// What to do next.
pub(crate) fn setup_done(email: &Email) -> Response {
    let page = DonePage { texts: &ENGLISH, style: STYLE, email: email.as_str() };
    html(StatusCode::CREATED, &page)
}
