//! Requests: bodies, extractors and parsed fields, and what the OpenAPI document says about them.

pub(crate) mod body;
pub(crate) mod code_path;
pub(crate) mod extract;
pub(crate) mod fields;
pub(crate) mod parameters;
pub(crate) mod path_id;
pub(crate) mod schema;
pub(crate) mod tags;
