//! The fields of links in the OpenAPI document: what each means and which values it takes.

use curt_domain::{
    LINK_PASSWORD_LEN_MIN, LinkStatus, NOTE_LEN_MAX, PASSWORD_LEN_MAX, RedirectStatus, TAG_LEN_MAX,
    TAGS_MAX, TITLE_LEN_MAX,
};
use serde_json::json;
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, SchemaFormat,
    schema::{Array, Object, SchemaType, Type},
};

use crate::request::{
    fields::SEARCH_LEN_MAX,
    schema::{INTEGER_MAX, LINE, LINES, code, integer, or_null, target, text, time, typed, words},
};

pub(crate) fn custom_alias() -> Object {
    let description = "The code you wish for; without it, one is generated. Case matters. Words \
                       that are pages of the server are reserved.";
    or_null(code(description).examples([json!("blog")]).build())
}

pub(crate) fn short_url() -> Object {
    text("What you hand out: the server's public URL and the code.")
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .examples([json!("https://sho.rt/blog")])
        .build()
}

pub(crate) fn short_code_filter() -> Object {
    code("Only the link with this code. Case matters.").examples([json!("blog")]).build()
}

pub(crate) fn original_url() -> Object {
    let description = "Where the link leads: an absolute `http` or `https` URL without user name \
                       and password, not on this server. It is kept as browsers read it, so \
                       `HTTPS://Example.com` becomes `https://example.com/`.";
    target(description).build()
}

pub(crate) fn fallback_url() -> Object {
    let description = "Where visitors go once the link has expired or is used up; without it they \
                       get an answer 410. The same rules as for `original_url`.";
    or_null(target(description).build())
}

pub(crate) fn title() -> Object {
    let schema = text("A line that names the link in lists. White space around it goes.")
        .min_length(Some(1))
        .max_length(Some(TITLE_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("Spring sale")]);
    or_null(schema.build())
}

pub(crate) fn note() -> Object {
    let schema = text("Free text about the link, lines allowed. Visitors never see it.")
        .min_length(Some(1))
        .max_length(Some(NOTE_LEN_MAX))
        .pattern(Some(LINES))
        .examples([json!("for the newsletter")]);
    or_null(schema.build())
}

pub(crate) fn tag() -> Object {
    text("Only links with this tag. Case matters.")
        .min_length(Some(1))
        .max_length(Some(TAG_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("news")])
        .build()
}

pub(crate) fn tags() -> Array {
    let mut item = tag();
    item.description = None;
    ArrayBuilder::new()
        .items(item)
        .max_items(Some(TAGS_MAX))
        .description(Some("Words that links share, to find them by. Kept sorted, each once."))
        .examples([json!(["news", "spring"])])
        .build()
}

/// In a request, where the field may be absent, and null means the same.
pub(crate) fn tags_or_null() -> Array {
    let mut schema = tags();
    schema.schema_type = SchemaType::from_iter([Type::Array, Type::Null]);
    schema
}

pub(crate) fn redirect_status() -> Object {
    let description = "The status that visitors are redirected with. Browsers remember 301 and \
                       308 and may follow the old target after an edit; 307 and 308 keep the \
                       method of the request.";
    typed(Type::Integer, description)
        .enum_values(Some(RedirectStatus::ALL.map(RedirectStatus::code)))
        .default(Some(json!(RedirectStatus::default().code())))
        .build()
}

pub(crate) fn redirect_status_or_null() -> Object {
    let mut schema = or_null(redirect_status());
    schema.enum_values.get_or_insert_default().push(json!(null));
    schema
}

pub(crate) fn forward_query() -> Object {
    let description = "Whether what visitors send behind the `?` is added to the target's query. \
                       Names that the target has already are left out.";
    typed(Type::Boolean, description).default(Some(json!(false))).build()
}

pub(crate) fn forward_query_or_null() -> Object {
    or_null(forward_query())
}

pub(crate) fn valid_from() -> Object {
    let description = "From when on the link can be followed (RFC 3339); until then visitors get \
                       an answer 404.";
    or_null(time(description).build())
}

pub(crate) fn expires_at() -> Object {
    let description = "From when on the link can no longer be followed (RFC 3339). Must lie after \
                       `valid_from`.";
    or_null(time(description).examples([json!("2026-06-01T00:00:00.000Z")]).build())
}

pub(crate) fn disabled_at() -> Object {
    or_null(time("When the link was switched off, if it is.").build())
}

pub(crate) fn deleted_at() -> Object {
    or_null(time("When the link was deleted, if it is.").build())
}

pub(crate) fn since_deletion() -> Object {
    time("When the link was deleted; only deleted links have it.").build()
}

pub(crate) fn restorable_until() -> Object {
    time("Until when the link can be restored; only deleted links have it.").build()
}

pub(crate) fn last_click_at() -> Object {
    or_null(time("When the link was last followed.").build())
}

pub(crate) fn created_at() -> Object {
    time("When the link was made; in UTC, like all times of an answer.").build()
}

pub(crate) fn updated_at() -> Object {
    time("When the link was last edited.").build()
}

pub(crate) fn replaced_at() -> Object {
    time("When an edit replaced this version.").build()
}

pub(crate) fn created_from() -> Object {
    time("Only links made then or later (RFC 3339).").build()
}

pub(crate) fn created_to() -> Object {
    time("Only links made earlier (RFC 3339).").build()
}

pub(crate) fn max_clicks() -> Object {
    let description = "How often people may follow the link. Bots, link previews and prefetches \
                       use nothing up, and learn nothing about the target.";
    or_null(integer(description).minimum(Some(1)).maximum(Some(INTEGER_MAX)).build())
}

pub(crate) fn revision() -> Object {
    integer("Counts edits, from 1. In quotes it is the `ETag`.")
        .minimum(Some(1))
        .examples([json!(1)])
        .build()
}

pub(crate) fn status() -> Object {
    let description = "What the link is now: `active` links are followed, `scheduled` ones have \
                       not begun, `expired` and `exhausted` ones are over, `disabled` ones are \
                       switched off, `blocked` ones were taken away by an administrator, \
                       `deleted` ones can be restored. When several hold, the most lasting one is \
                       told. Where it leads is another matter: see `target_blocked`.";
    words(description, LinkStatus::ALL.map(LinkStatus::as_str)).build()
}

pub(crate) fn switch() -> Object {
    let description = "Switches the link off and on again. The other statuses follow from dates \
                       and clicks.";
    words(description, ["active", "disabled"]).build()
}

pub(crate) fn switch_or_null() -> Object {
    let mut schema = or_null(switch());
    schema.enum_values.get_or_insert_default().push(json!(null));
    schema
}

pub(crate) fn status_filter() -> Object {
    words(
        "Only links with this status; deleted ones are listed only when asked for.",
        LinkStatus::ALL.map(LinkStatus::as_str),
    )
    .build()
}

pub(crate) fn owner_filter() -> Object {
    text("Only links of the user with this `id`: for administrators; others find their own alone.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn search() -> Object {
    text("Only links with this text in their code, title, host or path; in any case.")
        .max_length(Some(SEARCH_LEN_MAX))
        .examples([json!("spring")])
        .build()
}

pub(crate) fn sort() -> Object {
    let description = "The order; `-` turns it round. Clicks are those of people.";
    words(description, ["created_at", "-created_at", "clicks", "-clicks", "short_code"])
        .default(Some(json!("-created_at")))
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
