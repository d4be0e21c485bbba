//! The fields of blocked targets in the OpenAPI document.

use curt_domain::{PATTERN_LEN_MAX, PatternKind, TARGET_LEN_MAX, TITLE_LEN_MAX};
use curt_store::TargetBlockSource;
use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{LINE, or_null, text, words};

pub(crate) fn pattern() -> Object {
    let description = "What is blocked: a host such as `evil.example` or `192.0.2.1`, `*.evil.example` \
                       for a host and all hosts under it, or the beginning of a URL such as \
                       `evil.example/login`, whatever its scheme. Kept in one way of writing.";
    text(description)
        .min_length(Some(1))
        .max_length(Some(PATTERN_LEN_MAX))
        .examples([json!("*.evil.example")])
        .build()
}

pub(crate) fn pattern_kind() -> Object {
    words("What the pattern is.", PatternKind::ALL.map(PatternKind::as_str)).build()
}

pub(crate) fn reason() -> Object {
    let schema = text("Why, in a line. Visitors never see it.")
        .min_length(Some(1))
        .max_length(Some(TITLE_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("imitates a bank")]);
    or_null(schema.build())
}

pub(crate) fn source() -> Object {
    words("Where the entry came from.", TargetBlockSource::ALL.map(TargetBlockSource::as_str))
        .build()
}

pub(crate) fn target() -> Object {
    let description = "Only the entry that keeps this URL from being a target.";
    text(description).max_length(Some(TARGET_LEN_MAX)).build()
}
