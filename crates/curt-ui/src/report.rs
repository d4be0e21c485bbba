//! The form to report a link with.

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
    /// Empty where nothing is wrong.
    mistake: &'a str,
}

/// The form with the link that was asked for or typed before; after a mistake, with what was wrong.
pub fn report_form(texts: &Texts, link: &str, mistake: Option<&str>) -> String {
    html(&ReportPage { texts, style: STYLE, link, mistake: mistake.unwrap_or_default() })
}
