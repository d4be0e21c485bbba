//! The page that shows one message, such as that a link has expired or that a report was received.

use askama::Template;

use crate::{
    layout::{STYLE, html},
    texts::{Message, Texts},
};

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    texts: &'a Texts,
    style: &'a str,
    message: &'a Message,
}

/// A page with this message, in the language of the texts.
pub fn message(texts: &Texts, message: &Message) -> String {
    html(&MessagePage { texts, style: STYLE, message })
}
