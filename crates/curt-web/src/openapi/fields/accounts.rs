//! The fields of accounts, their keys and invitations, and of the audit log.

use curt_domain::{
    EMAIL_LEN_MAX, FULL_NAME_LEN_MAX, KEY_NAME_LEN_MAX, LINK_PASSWORD_LEN_MIN, PASSWORD_LEN_MAX,
    PASSWORD_LEN_MIN, Role, Scope,
};
use serde_json::json;
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat,
    schema::{Array, Object},
};

use super::{INTEGER_MAX, LINE, integer, or_null, text, time, words};
use crate::audit::WORD_LEN_MAX;

/// Longest password that is looked at, in characters: of imported users, it may be any.
const PASSWORD_LEN_SHOWN: usize = 1_024;

fn some_id(description: &str) -> ObjectBuilder {
    integer(description).minimum(Some(0)).maximum(Some(INTEGER_MAX)).examples([json!(1)])
}

pub(crate) fn user_id() -> Object {
    some_id("Identifies the user for ever.").build()
}

pub(crate) fn key_id() -> Object {
    some_id("Identifies the key for ever. It is no secret.").build()
}

pub(crate) fn invite_id() -> Object {
    some_id("Identifies the invitation. It is no secret.").build()
}

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

/// In a request, where it can be left out.
pub(crate) fn role_or_null() -> Object {
    let description = "`administrator` may do everything. `user` where it is left out.";
    let mut schema = or_null(words(description, Role::ALL.map(Role::as_str)).build());
    schema.enum_values.get_or_insert_default().push(json!(null));
    schema
}

pub(crate) fn user_status() -> Object {
    words("Whoever is `disabled` cannot log in; what they hold is void.", ["active", "disabled"])
        .build()
}

pub(crate) fn user_created_at() -> Object {
    time("When the account was made.").build()
}

pub(crate) fn user_updated_at() -> Object {
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

pub(crate) fn link_password() -> Object {
    let description = "The password that visitors are asked for. What is easy to guess is refused. It \
                       is never shown again: `has_password` tells whether there is one.";
    let schema = text(description)
        .min_length(Some(LINK_PASSWORD_LEN_MIN))
        .max_length(Some(PASSWORD_LEN_MAX))
        .write_only(true)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .examples([json!("tulips by the harbour")]);
    or_null(schema.build())
}

/// 43 letters and digits.
fn token(description: &str) -> ObjectBuilder {
    text(description).pattern(Some("^[0-9A-Za-z]{43}$"))
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

pub(crate) fn invite() -> Object {
    token("The invitation.").build()
}

pub(crate) fn invite_or_null() -> Object {
    or_null(text("An invitation, if the server wants one.").build())
}

pub(crate) fn invite_created_at() -> Object {
    time("When the invitation was made.").build()
}

pub(crate) fn invite_expires_at() -> Object {
    let description = "Until when it can be used (RFC 3339), at most 90 days from now. A week where \
                       it is left out.";
    or_null(time(description).build())
}

pub(crate) fn invite_ends_at() -> Object {
    time("Until when it can be used.").build()
}

pub(crate) fn invite_used_at() -> Object {
    or_null(time("When it was used, if it was.").build())
}

pub(crate) fn key() -> Object {
    text("The key. It is not shown again.").pattern(Some("^curt_[0-9A-Za-z]{49}$")).build()
}

pub(crate) fn key_name() -> Object {
    text("Tells the key from others.")
        .min_length(Some(1))
        .max_length(Some(KEY_NAME_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("newsletter")])
        .build()
}

pub(crate) fn key_hint() -> Object {
    text("How the key begins.").examples([json!("curt_1a2B")]).build()
}

pub(crate) fn scopes() -> Array {
    let mut item = words("", Scope::ALL.map(Scope::as_str)).build();
    item.description = None;
    ArrayBuilder::new()
        .items(item)
        .min_items(Some(1))
        .max_items(Some(Scope::ALL.len()))
        .description(Some("What the key may do. None of them includes another."))
        .examples([json!(["links:read", "links:write"])])
        .build()
}

pub(crate) fn key_created_at() -> Object {
    time("When the key was made.").build()
}

pub(crate) fn key_expires_at() -> Object {
    or_null(time("Until when the key can be used (RFC 3339); for ever where it is null.").build())
}

pub(crate) fn last_used_at() -> Object {
    or_null(time("When the key was last used, to the minute.").build())
}

pub(crate) fn user_search() -> Object {
    text("Only users with this in their address; in any case.")
        .max_length(Some(crate::links::SEARCH_LEN_MAX))
        .build()
}

pub(crate) fn links_to() -> Object {
    text("The `id` of the user who gets the links. Without it they belong to nobody.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn audit_author() -> Object {
    text("Only what the user with this `id` did, also through a key.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn audit_action() -> Object {
    text("Only this action.")
        .min_length(Some(1))
        .max_length(Some(WORD_LEN_MAX))
        .pattern(Some("^[a-z_.]+$"))
        .examples([json!("link.create")])
        .build()
}

pub(crate) fn audit_action_done() -> Object {
    text("What was done.").examples([json!("link.create")]).build()
}

pub(crate) fn audit_object() -> Object {
    text("Only what was done to this object: its kind, a colon, and its `id`.")
        .pattern(Some("^[a-z_.]{1,64}:(0|[1-9][0-9]{0,15})$"))
        .examples([json!("link:1")])
        .build()
}

pub(crate) fn audit_from() -> Object {
    time("Only what was done then or later (RFC 3339).").build()
}

pub(crate) fn audit_to() -> Object {
    time("Only what was done earlier (RFC 3339).").build()
}

pub(crate) fn audit_at() -> Object {
    time("When it was done.").build()
}

pub(crate) fn audit_client() -> Object {
    let schema = text("The network that the request came from; no whole address is kept.");
    or_null(schema.examples([json!("203.0.113.0/24")]).build())
}

pub(crate) fn author_kind() -> Object {
    let kinds = ["admin_key", "user", "key", "command_line", "anonymous", "system"];
    words("What kind of author it was; `system` is the program by itself.", kinds).build()
}

pub(crate) fn author_user() -> Object {
    or_null(some_id("The user, also behind a key. They may be gone.").build())
}

pub(crate) fn author_key() -> Object {
    or_null(some_id("The API key.").build())
}

pub(crate) fn author_name() -> Object {
    or_null(text("Who ran the command, as the operating system calls them.").build())
}

pub(crate) fn object_kind() -> Object {
    text("What kind of object it was.").examples([json!("link")]).build()
}

pub(crate) fn object_id() -> Object {
    or_null(some_id("Which one; null when it was many at once.").build())
}
