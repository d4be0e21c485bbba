//! The fields of the audit log in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{id, or_null, text, time, words};

/// Longest action or object kind to filter by, in bytes.
pub(crate) const WORD_LEN_MAX: usize = 64;

pub(crate) fn author() -> Object {
    text("Only what the user with this `id` did, also through a key.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn action() -> Object {
    text("Only this action.")
        .min_length(Some(1))
        .max_length(Some(WORD_LEN_MAX))
        .pattern(Some("^[a-z_.]+$"))
        .examples([json!("link.create")])
        .build()
}

pub(crate) fn action_done() -> Object {
    text("What was done.").examples([json!("link.create")]).build()
}

pub(crate) fn object() -> Object {
    text("Only what was done to this object: its kind, a colon, and its `id`.")
        .pattern(Some("^[a-z_.]{1,64}:(0|[1-9][0-9]{0,15})$"))
        .examples([json!("link:1")])
        .build()
}

pub(crate) fn from() -> Object {
    time("Only what was done then or later (RFC 3339).").build()
}

pub(crate) fn to() -> Object {
    time("Only what was done earlier (RFC 3339).").build()
}

pub(crate) fn at() -> Object {
    time("When it was done.").build()
}

pub(crate) fn client() -> Object {
    let schema = text("The network that the request came from; no whole address is kept.");
    or_null(schema.examples([json!("203.0.113.0/24")]).build())
}

pub(crate) fn author_kind() -> Object {
    let kinds = ["admin_key", "user", "key", "command_line", "anonymous", "system"];
    words("What kind of author it was; `system` is the program by itself.", kinds).build()
}

pub(crate) fn author_user() -> Object {
    or_null(id("The user, also behind a key. They may be gone.").build())
}

pub(crate) fn author_key() -> Object {
    or_null(id("The API key.").build())
}

pub(crate) fn author_name() -> Object {
    or_null(text("Who ran the command, as the operating system calls them.").build())
}

pub(crate) fn object_kind() -> Object {
    text("What kind of object it was.").examples([json!("link")]).build()
}

pub(crate) fn object_id() -> Object {
    or_null(id("Which one; null when it was many at once.").build())
}
