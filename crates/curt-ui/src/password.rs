//! The form that a link with a password shows.

use askama::Template;

use crate::{
    layout::{STYLE, html},
    texts::Texts,
};

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    texts: &'a Texts,
    style: &'a str,
    /// Empty if nothing is wrong.
    mistake: &'a str,
}

/// The form; after a wrong password, it says so.
pub fn password_form(texts: &Texts, mistake: Option<&str>) -> String {
    html(&PasswordPage { texts, style: STYLE, mistake: mistake.unwrap_or_default() })
}
