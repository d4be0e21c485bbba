//! The page that says one thing: that there is no link, that it has expired, thank you.

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

/// One of the messages, in the language of the texts.
pub fn message(texts: &Texts, message: &Message) -> String {
    html(&MessagePage { texts, style: STYLE, message })
}
