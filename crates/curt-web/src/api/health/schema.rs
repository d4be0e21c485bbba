//! The fields of the health document in the OpenAPI document.

use utoipa::openapi::schema::Object;

use crate::request::schema::words;

pub(crate) fn status() -> Object {
    let description = "`degraded` when the database cannot be reached; `stopping` and `failed` come \
                       with the status 503.";
    words(description, ["ok", "degraded", "stopping", "failed"]).build()
}

pub(crate) fn journal_state() -> Object {
    let description = "`full` when the clicks that are not counted yet have taken all their room, \
                       `failing` when the disk does not take them; redirects go on.";
    words(description, ["working", "full", "failing"]).build()
}

pub(crate) fn engine() -> Object {
    words("Which database it is.", ["sqlite", "postgres", "mysql"]).build()
}
