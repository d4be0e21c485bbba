//! The parameters of users in the OpenAPI document.

use utoipa::openapi::schema::Object;

use crate::request::{fields::SEARCH_LEN_MAX, schema::text};

pub(crate) fn search() -> Object {
    text("Only users with this in their address; in any case.")
        .max_length(Some(SEARCH_LEN_MAX))
        .build()
}

pub(crate) fn links_to() -> Object {
    text("The `id` of the user who gets the links. Without it they belong to nobody.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}
