//! The fields of invitations in the OpenAPI document.

use utoipa::openapi::{ObjectBuilder, schema::Object};

use crate::request::schema::{or_null, text, time};

/// 43 letters and digits.
fn token(description: &str) -> ObjectBuilder {
    text(description).pattern(Some("^[0-9A-Za-z]{43}$"))
}

pub(crate) fn invite() -> Object {
    token("The invitation.").build()
}

pub(crate) fn created_at() -> Object {
    time("When the invitation was made.").build()
}

pub(crate) fn expires_at() -> Object {
    let description = "Until when it can be used (RFC 3339), at most 90 days from now. A week where \
                       it is left out.";
    or_null(time(description).build())
}

pub(crate) fn ends_at() -> Object {
    time("Until when it can be used.").build()
}

pub(crate) fn used_at() -> Object {
    or_null(time("When it was used, if it was.").build())
}
