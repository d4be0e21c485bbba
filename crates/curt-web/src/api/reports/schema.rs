//! The fields of reports in the OpenAPI document.

use curt_domain::{NOTE_LEN_MAX, ReportReason, ReportState, TARGET_LEN_MAX};
use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{LINES, code, or_null, text, words};

pub(crate) fn reported_code() -> Object {
    or_null(code("The link's `short_code`; or else give its `url`.").build())
}

pub(crate) fn reported_url() -> Object {
    let schema = text("The link's short URL.").max_length(Some(TARGET_LEN_MAX));
    or_null(schema.examples([json!("https://sho.rt/blog")]).build())
}

pub(crate) fn reason() -> Object {
    words("What is wrong.", ReportReason::ALL.map(ReportReason::as_str)).build()
}

pub(crate) fn state() -> Object {
    words("What was decided.", ReportState::ALL.map(ReportState::as_str)).build()
}

pub(crate) fn note() -> Object {
    let schema = text("What else there is to say, lines allowed.")
        .min_length(Some(1))
        .max_length(Some(NOTE_LEN_MAX))
        .pattern(Some(LINES));
    or_null(schema.build())
}
