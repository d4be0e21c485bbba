//! Schemas that fields of several nouns share, and the builders for them.
//!
//! Limits come from the constants that the code itself uses, which derive attributes cannot name. A
//! field that occurs in several objects is described once.

use curt_domain::{CODE_LEN_MAX, TARGET_LEN_MAX};
use curt_store::PAGE_LEN_MAX;
use serde_json::json;
use utoipa::openapi::{
    KnownFormat, ObjectBuilder, SchemaFormat,
    schema::{Object, SchemaType, Type},
};

use crate::request::fields::LIMIT_DEFAULT;

/// The largest integer that JSON readers represent exactly, 2^53 − 1: ids and counts end here.
pub(crate) const INTEGER_MAX: u64 = (1 << 53) - 1;

/// One non-empty line: no control characters, and not only white space.
pub(crate) const LINE: &str = r"^\s*[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?\s*$";

/// The same, allowing line breaks and tabs.
pub(crate) const LINES: &str = r"^\s*[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?\s*$";

const CODE: &str = "^[A-Za-z0-9_-]+$";

pub(crate) fn typed(schema_type: Type, description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema_type).description(Some(description))
}

pub(crate) fn text(description: &str) -> ObjectBuilder {
    typed(Type::String, description)
}

pub(crate) fn integer(description: &str) -> ObjectBuilder {
    typed(Type::Integer, description).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

pub(crate) fn or_null(mut schema: Object) -> Object {
    let SchemaType::Type(only) = schema.schema_type else { return schema };
    schema.schema_type = SchemaType::from_iter([only, Type::Null]);
    schema
}

pub(crate) fn words<const N: usize>(description: &str, words: [&str; N]) -> ObjectBuilder {
    text(description).enum_values(Some(words))
}

pub(crate) fn link_id() -> Object {
    integer("Identifies the link for ever.")
        .minimum(Some(0))
        .maximum(Some(INTEGER_MAX))
        .examples([json!(1)])
        .build()
}

pub(crate) fn entry_id() -> Object {
    integer("Identifies the entry for ever.")
        .minimum(Some(0))
        .maximum(Some(INTEGER_MAX))
        .examples([json!(1)])
        .build()
}

pub(crate) fn code(description: &str) -> ObjectBuilder {
    text(description).min_length(Some(1)).max_length(Some(CODE_LEN_MAX)).pattern(Some(CODE))
}

pub(crate) fn short_code() -> Object {
    code("The part of the short URL that names the link. Case matters.")
        .examples([json!("blog")])
        .build()
}

pub(crate) fn target(description: &str) -> ObjectBuilder {
    text(description)
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .max_length(Some(TARGET_LEN_MAX))
        .examples([json!("https://example.com/spring")])
}

pub(crate) fn time(description: &str) -> ObjectBuilder {
    text(description)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples([json!("2026-03-01T00:00:00.000Z")])
}

pub(crate) fn limit() -> Object {
    typed(Type::Integer, "Most items on the page.")
        .minimum(Some(1))
        .maximum(Some(PAGE_LEN_MAX))
        .default(Some(json!(LIMIT_DEFAULT)))
        .build()
}

pub(crate) fn cursor() -> Object {
    text("Where the page begins: `next_cursor` of the page before, with the same filters.").build()
}

pub(crate) fn number_cursor() -> Object {
    text("Where the page begins: `next_cursor` of the page before.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn next_cursor() -> Object {
    or_null(text("For the next page; null on the last one.").build())
}

pub(crate) fn id(description: &str) -> ObjectBuilder {
    integer(description).minimum(Some(0)).maximum(Some(INTEGER_MAX)).examples([json!(1)])
}

pub(crate) fn user_id() -> Object {
    id("Identifies the user for ever.").build()
}

pub(crate) fn key_id() -> Object {
    id("Identifies the key for ever. It is no secret.").build()
}

pub(crate) fn invite_id() -> Object {
    id("Identifies the invitation. It is no secret.").build()
}

pub(crate) fn block_id() -> Object {
    let id = integer("Identifies the block for ever.").minimum(Some(0)).maximum(Some(INTEGER_MAX));
    id.examples([json!(1)]).build()
}
