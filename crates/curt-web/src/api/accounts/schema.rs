//! The fields of accounts in the OpenAPI document.

use curt_domain::{EMAIL_LEN_MAX, FULL_NAME_LEN_MAX, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN, Role};
use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{LINE, integer, or_null, text, time, words};

/// Longest password that is checked, in characters: imported users may have any password.
const PASSWORD_LEN_SHOWN: usize = 1_024;

pub(crate) fn email() -> Object {
    let description = "An e-mail address, which one logs in with. Case makes no difference.";
    text(description)
        .min_length(Some(3))
        .max_length(Some(EMAIL_LEN_MAX))
        .examples([json!("ada@example.com")])
        .build()
}

pub(crate) fn full_name_or_null() -> Object {
    let schema = text("What the person is called.")
        .min_length(Some(1))
        .max_length(Some(FULL_NAME_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("Ada Lovelace")]);
    or_null(schema.build())
}

pub(crate) fn role() -> Object {
    words("`administrator` may do everything.", Role::ALL.map(Role::as_str)).build()
}

/// In a request, where the role may be absent.
pub(crate) fn role_or_null() -> Object {
    let description = "`administrator` may do everything. `user` where it is left out.";
    let mut schema = or_null(words(description, Role::ALL.map(Role::as_str)).build());
    schema.enum_values.get_or_insert_default().push(json!(null));
    schema
}

pub(crate) fn status() -> Object {
    words("Whoever is `disabled` cannot log in; what they hold is void.", ["active", "disabled"])
        .build()
}

pub(crate) fn created_at() -> Object {
    time("When the account was made.").build()
}

pub(crate) fn updated_at() -> Object {
    time("When the account was last changed.").build()
}

pub(crate) fn password() -> Object {
    text("The password.")
        .max_length(Some(PASSWORD_LEN_SHOWN))
        .examples([json!("four words nobody guesses")])
        .build()
}

pub(crate) fn current_password() -> Object {
    text("The password that one logs in with now.")
        .examples([json!("four words nobody guesses")])
        .build()
}

pub(crate) fn new_password() -> Object {
    let description = "A new password. What is easy to guess is refused, and so is the address; \
                       which characters it has does not matter.";
    text(description)
        .min_length(Some(PASSWORD_LEN_MIN))
        .max_length(Some(PASSWORD_LEN_MAX))
        .examples([json!("four words nobody guesses")])
        .build()
}

pub(crate) fn access_token() -> Object {
    let description = "Sent as `Authorization: Bearer`. What it says is nobody's business.";
    text(description).build()
}

pub(crate) fn token_type() -> Object {
    words("How to send it.", ["Bearer"]).build()
}

pub(crate) fn expires_in() -> Object {
    integer("Seconds for which the access token is good.").minimum(Some(1)).build()
}

pub(crate) fn refresh_token() -> Object {
    text("Good once, for the next tokens; for 30 days.").build()
}

pub(crate) fn bootstrap_token() -> Object {
    text("What stands behind `#` in the link of `admin-setup.url`.").build()
}

pub(crate) fn invite_or_null() -> Object {
    or_null(text("An invitation, if the server wants one.").build())
}
