//! The form to report a link.

use askama::Template;

use crate::{
    layout::{STYLE, html},
    texts::Texts,
};

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    texts: &'a Texts,
    style: &'a str,
    link: &'a str,
    /// Empty if nothing is wrong.
    mistake: &'a str,
}

/// The form with the requested or previously typed link; after a mistake, it says what was wrong.
pub fn report_form(texts: &Texts, link: &str, mistake: Option<&str>) -> String {
    html(&ReportPage { texts, style: STYLE, link, mistake: mistake.unwrap_or_default() })
}
