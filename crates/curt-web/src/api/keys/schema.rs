//! The fields of API keys in the OpenAPI document.

use curt_domain::{KEY_NAME_LEN_MAX, Scope};
use serde_json::json;
use utoipa::openapi::{
    ArrayBuilder,
    schema::{Array, Object},
};

use crate::request::schema::{LINE, or_null, text, time, words};

pub(crate) fn key() -> Object {
    text("The key. It is not shown again.").pattern(Some("^curt_[0-9A-Za-z]{49}$")).build()
}

pub(crate) fn name() -> Object {
    text("Tells the key from others.")
        .min_length(Some(1))
        .max_length(Some(KEY_NAME_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("newsletter")])
        .build()
}

pub(crate) fn hint() -> Object {
    text("How the key begins.").examples([json!("curt_1a2B")]).build()
}

pub(crate) fn scopes() -> Array {
    let mut item = words("", Scope::ALL.map(Scope::as_str)).build();
    item.description = None;
    ArrayBuilder::new()
        .items(item)
        .min_items(Some(1))
        .max_items(Some(Scope::ALL.len()))
        .description(Some("What the key may do. None of them includes another."))
        .examples([json!(["links:read", "links:write"])])
        .build()
}

pub(crate) fn created_at() -> Object {
    time("When the key was made.").build()
}

pub(crate) fn expires_at() -> Object {
    or_null(time("Until when the key can be used (RFC 3339); for ever where it is null.").build())
}

pub(crate) fn last_used_at() -> Object {
    or_null(time("When the key was last used, to the minute.").build())
}
