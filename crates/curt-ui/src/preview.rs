//! The page that shows where a link leads, for visitors who want to know before they follow it.

use askama::Template;
use curt_domain::Route;

use crate::{
    layout::{STYLE, html},
    texts::Texts,
};

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage<'a> {
    texts: &'a Texts,
    style: &'a str,
    short_url: &'a str,
    /// None if showing it would be a way around a limit or a password.
    target: Option<&'a str>,
    /// Why there is no target.
    hidden: &'a str,
    host: &'a str,
    foreign_script: bool,
}

/// Where the link with this short URL leads.
pub fn preview(texts: &Texts, short_url: &str, route: &Route) -> String {
    let host = route.target.host();
    let foreign_script = host.split('.').any(|label| label.starts_with("xn--"));
    let hidden = match (&route.password, route.max_clicks) {
        (Some(_), _) => Some(texts.preview_locked),
        (None, Some(_)) => Some(texts.preview_hidden),
        (None, None) => None,
    };
    html(&PreviewPage {
        texts,
        style: STYLE,
        short_url,
        target: hidden.is_none().then_some(route.target.as_str()),
        hidden: hidden.unwrap_or_default(),
        host: &host,
        foreign_script: foreign_script && hidden.is_none(),
    })
}
