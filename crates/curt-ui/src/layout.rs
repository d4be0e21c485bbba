//! What all pages share: their style sheet, how a policy names it, and how a template becomes HTML.

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

pub(crate) const STYLE: &str = include_str!("../templates/page.css");

/// How a `Content-Security-Policy` names the style sheet of these pages.
pub fn style_source() -> String {
    csp_source(STYLE)
}

/// How a `Content-Security-Policy` names a style sheet or script inside a page: by its hash.
pub fn csp_source(text: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!("'sha256-{hash}'")
}

pub(crate) fn html(page: &impl Template) -> String {
    page.render().expect("a page writes texts to a string, which cannot fail")
}
