//! The fields of blocked clients in the OpenAPI document.

use curt_domain::{BLOCK_REASON_LEN_MAX, BlockKind};
use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{INTEGER_MAX, LINE, integer, or_null, text, time, words};

/// Longest network that is parsed: an IPv6 address with a length takes 43.
const NETWORK_LEN_MAX: usize = 64;

pub(crate) fn network() -> Object {
    let description = "An IPv4 or IPv6 address, or a network with its length.";
    text(description)
        .max_length(Some(NETWORK_LEN_MAX))
        .pattern(Some(r"^\s*[0-9A-Fa-f.:]+(/[0-9]{1,3})?\s*$"))
        .examples([json!("203.0.113.0/24")])
        .build()
}

pub(crate) fn kind() -> Object {
    let description = "`manual` blocks refuse everything. `automatic` ones follow on too many \
                       refused requests: they refuse the API and codes that do not exist, and \
                       leave links alone.";
    words(description, BlockKind::ALL.map(BlockKind::as_str)).build()
}

pub(crate) fn reason() -> Object {
    let reason = text("Why, for people.").min_length(Some(1)).pattern(Some(LINE));
    or_null(reason.max_length(Some(BLOCK_REASON_LEN_MAX)).build())
}

pub(crate) fn created_at() -> Object {
    time("When the block was made.").build()
}

pub(crate) fn created_by() -> Object {
    let id = integer("The `id` of the user who made it, if it was one.");
    or_null(id.minimum(Some(0)).maximum(Some(INTEGER_MAX)).build())
}

pub(crate) fn until() -> Object {
    or_null(time("When it ends (RFC 3339); null holds until it is lifted.").build())
}
