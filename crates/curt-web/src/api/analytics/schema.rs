//! The parameters of click queries and the fields of click series in the OpenAPI document.

use curt_domain::{HOURS, POINTS_MAX, TimeUnit, WEEKDAYS};
use serde_json::json;
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, SchemaFormat,
    schema::{Array, Object},
};

use crate::request::schema::{integer, text, words};

pub(crate) fn clicks() -> Object {
    integer("").minimum(Some(0)).description(None::<String>).build()
}

/// A date, optionally with a time and its offset.
const DATE_OR_TIME: &str =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2}))?$";

pub(crate) fn from() -> Object {
    let description = "Clicks from then on: a date, which begins in `tz`, or a time (RFC 3339), \
                       which is taken back to the quarter of an hour. Not before 1970.";
    text(description).pattern(Some(DATE_OR_TIME)).examples([json!("2026-01-01")]).build()
}

pub(crate) fn to() -> Object {
    let description = "Clicks before then, with `from`: a date, of which the whole day is meant, or \
                       a time, which is taken on to the quarter of an hour. Now if it is left out \
                       or lies ahead.";
    text(description).pattern(Some(DATE_OR_TIME)).examples([json!("2026-01-31")]).build()
}

pub(crate) fn tz() -> Object {
    let description = "The time zone of days and hours, by its name in the IANA database. Its \
                       changes between winter and summer are taken into account.";
    text(description)
        .pattern(Some("^[A-Za-z0-9_+/-]+$"))
        .default(Some(json!("UTC")))
        .examples([json!("Europe/Berlin")])
        .build()
}

pub(crate) fn unit() -> Object {
    let description = format!(
        "How much time a point is. Weeks begin on Monday. There are at most {POINTS_MAX} points."
    );
    words(&description, TimeUnit::ALL.map(TimeUnit::as_str))
        .default(Some(json!(TimeUnit::Day.as_str())))
        .build()
}

fn local_time(description: &str) -> Object {
    text(description)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples([json!("2026-01-31T00:00:00.000+01:00")])
        .build()
}

pub(crate) fn span_from() -> Object {
    local_time("The first moment that counts, by the clocks of `tz`.")
}

pub(crate) fn span_to() -> Object {
    local_time("The first moment that does not count any more.")
}

pub(crate) fn span_tz() -> Object {
    text("The time zone of days, hours and times.").examples([json!("Europe/Berlin")]).build()
}

pub(crate) fn span_unit() -> Object {
    words("How much time a point is.", TimeUnit::ALL.map(TimeUnit::as_str)).build()
}

pub(crate) fn point_at() -> Object {
    local_time(
        "Where the hour, day, week or month begins by the clocks of `tz`. The first and the last \
         can reach beyond `from` and `to`; what lies there does not count.",
    )
}

pub(crate) fn hours_by_weekday() -> Array {
    let hours = ArrayBuilder::new().items(clicks()).min_items(Some(HOURS)).max_items(Some(HOURS));
    ArrayBuilder::new()
        .items(hours)
        .min_items(Some(WEEKDAYS))
        .max_items(Some(WEEKDAYS))
        .description(Some(
            "Clicks of people by weekday and hour of `tz`: seven lists, Monday first, of 24 \
             numbers, from midnight on.",
        ))
        .build()
}

pub(crate) fn dropped() -> Object {
    missing("The journal could not take them: it was full, or its disk failed.")
}

pub(crate) fn lost() -> Object {
    missing("They were in the journal, and could not be read from it.")
}

fn missing(description: &str) -> Object {
    integer(description).minimum(Some(0)).build()
}
