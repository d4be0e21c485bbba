//! The page that makes the first administrator, the only one with a script. Without scripts,
//! pasting the token works as well.

use askama::Template;
use curt_domain::{Email, PASSWORD_LEN_MIN};

use crate::{
    layout::{STYLE, csp_source, html},
    texts::Texts,
};

const SCRIPT: &str = include_str!("../templates/setup.js");

/// How a `Content-Security-Policy` names the form's script.
pub fn script_source() -> String {
    csp_source(SCRIPT)
}

/// What was typed into the form, to show again after a mistake. Without the password.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
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
    /// Empty if nothing is wrong.
    mistake: &'a str,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct DonePage<'a> {
    texts: &'a Texts,
    style: &'a str,
    email: &'a str,
}

/// The form; after a mistake, it says what was wrong.
pub fn setup_form(texts: &Texts, typed: Typed<'_>, mistake: Option<&str>) -> String {
    html(&SetupPage {
        texts,
        style: STYLE,
        script: SCRIPT,
        password_len_min: PASSWORD_LEN_MIN,
        typed,
        mistake: mistake.unwrap_or_default(),
    })
}

/// What the administrator with this address does next.
pub fn setup_done(texts: &Texts, email: &Email) -> String {
    html(&DonePage { texts, style: STYLE, email: email.as_str() })
}
