//! The fields of requests and answers: what each means and what it can be.
//!
//! Limits come from the constants that the code itself obeys, which attributes of a derive cannot
//! name. A field that stands in several objects is described here once.

use curt_domain::{
    CODE_LEN_MAX, LinkStatus, NOTE_LEN_MAX, PATTERN_LEN_MAX, PatternKind, RedirectStatus,
    ReportReason, ReportState, TAG_LEN_MAX, TAGS_MAX, TARGET_LEN_MAX, TITLE_LEN_MAX,
};
use curt_qr::MARGIN_DEFAULT;
use curt_store::{BlockSource, PAGE_LEN_MAX};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat,
        schema::{Array, Object, SchemaType, Type},
    },
};

use crate::{
    destinations::IMPORT_LEN_MAX,
    errors::ProblemCode,
    links::{BULK_LINKS_MAX, LIMIT_DEFAULT, QR_MARGINS, QR_SIZE_DEFAULT, QR_SIZES, SEARCH_LEN_MAX},
};

pub(crate) mod accounts;
pub(crate) mod blocks;
pub(crate) mod spans;

/// The largest integer that JSON readers keep exact, 2^53 − 1: ids and counts end here.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// One line with something in it: no control character, and not only white space.
const LINE: &str = r"^\s*[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?\s*$";

/// The same with line breaks and tabs.
const LINES: &str = r"^\s*[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?\s*$";

const CODE: &str = "^[A-Za-z0-9_-]+$";

fn typed(schema_type: Type, description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema_type).description(Some(description))
}

fn text(description: &str) -> ObjectBuilder {
    typed(Type::String, description)
}

fn integer(description: &str) -> ObjectBuilder {
    typed(Type::Integer, description).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

fn or_null(mut schema: Object) -> Object {
    let SchemaType::Type(only) = schema.schema_type else { return schema };
    schema.schema_type = SchemaType::from_iter([only, Type::Null]);
    schema
}

fn words<const N: usize>(description: &str, words: [&str; N]) -> ObjectBuilder {
    text(description).enum_values(Some(words))
}

pub(crate) fn id() -> Object {
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

fn code(description: &str) -> ObjectBuilder {
    text(description).min_length(Some(1)).max_length(Some(CODE_LEN_MAX)).pattern(Some(CODE))
}

pub(crate) fn short_code() -> Object {
    code("The part of the short URL that names the link. Case matters.")
        .examples([json!("blog")])
        .build()
}

pub(crate) fn new_links() -> Array {
    ArrayBuilder::new()
        .items(Ref::from_schema_name("NewLink"))
        .max_items(Some(BULK_LINKS_MAX))
        .description(Some("The links to be made, each as for a single create."))
        .build()
}

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

fn target(description: &str) -> ObjectBuilder {
    text(description)
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .max_length(Some(TARGET_LEN_MAX))
        .examples([json!("https://example.com/spring")])
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

/// In a request, where it can be left out and null is the same as that.
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

fn time(description: &str) -> ObjectBuilder {
    text(description)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples([json!("2026-03-01T00:00:00.000Z")])
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

pub(crate) fn clicks() -> Object {
    integer("").minimum(Some(0)).description(None::<String>).build()
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

pub(crate) fn patterns() -> Array {
    ArrayBuilder::new()
        .items(text("").description(None::<String>).build())
        .max_items(Some(IMPORT_LEN_MAX))
        .description(Some("What is to be blocked, each as in a single block."))
        .examples([json!(["*.evil.example", "192.0.2.1"])])
        .build()
}

pub(crate) fn pattern_kind() -> Object {
    words("What the pattern is.", PatternKind::ALL.map(PatternKind::as_str)).build()
}

pub(crate) fn block_reason() -> Object {
    let schema = text("Why, in a line. Visitors never see it.")
        .min_length(Some(1))
        .max_length(Some(TITLE_LEN_MAX))
        .pattern(Some(LINE))
        .examples([json!("imitates a bank")]);
    or_null(schema.build())
}

pub(crate) fn block_source() -> Object {
    words("Where the entry came from.", BlockSource::ALL.map(BlockSource::as_str)).build()
}

pub(crate) fn blocked_target() -> Object {
    let description = "Only the entry that keeps this URL from being a target.";
    text(description).max_length(Some(TARGET_LEN_MAX)).build()
}

pub(crate) fn reported_code() -> Object {
    or_null(code("The link's `short_code`; or else give its `url`.").build())
}

pub(crate) fn reported_url() -> Object {
    let schema = text("The link's short URL.").max_length(Some(TARGET_LEN_MAX));
    or_null(schema.examples([json!("https://sho.rt/blog")]).build())
}

pub(crate) fn report_reason() -> Object {
    words("What is wrong.", ReportReason::ALL.map(ReportReason::as_str)).build()
}

pub(crate) fn report_state() -> Object {
    words("What was decided.", ReportState::ALL.map(ReportState::as_str)).build()
}

pub(crate) fn report_note() -> Object {
    let schema = text("What else there is to say, lines allowed.")
        .min_length(Some(1))
        .max_length(Some(NOTE_LEN_MAX))
        .pattern(Some(LINES));
    or_null(schema.build())
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

pub(crate) fn history_cursor() -> Object {
    text("Where the page begins: `next_cursor` of the page before.")
        .pattern(Some("^(0|[1-9][0-9]{0,15})$"))
        .build()
}

pub(crate) fn next_cursor() -> Object {
    or_null(text("For the next page; null on the last one.").build())
}

pub(crate) fn health_status() -> Object {
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

/// One schema for all the codes, in the order in which they are told.
impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let meanings =
            Self::ALL.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.meaning()));
        let description = "Says what went wrong, for programs. A published code never changes its \
                           meaning; new ones may come.\n\n";
        let description = description.to_owned() + &meanings.collect::<Vec<_>>().join("\n");
        text(&description)
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .build()
            .into()
    }
}

impl ToSchema for ProblemCode {}

pub(crate) fn qr_format() -> Object {
    words("`png` for screens and office programs, `svg` for print.", ["png", "svg"])
        .default(Some(json!("png")))
        .build()
}

pub(crate) fn qr_size() -> Object {
    integer("Width and height in pixels. Too few for the modules of a PNG are refused.")
        .minimum(Some(*QR_SIZES.start()))
        .maximum(Some(*QR_SIZES.end()))
        .default(Some(json!(QR_SIZE_DEFAULT)))
        .build()
}

pub(crate) fn qr_margin() -> Object {
    integer("The quiet zone on every side, in modules. Scanners want four of them.")
        .minimum(Some(*QR_MARGINS.start()))
        .maximum(Some(*QR_MARGINS.end()))
        .default(Some(json!(MARGIN_DEFAULT)))
        .build()
}

pub(crate) fn qr_ecc() -> Object {
    let description = "How much of the code may be dirty or covered: about 7, 15, 25 or 30 %.";
    words(description, ["l", "m", "q", "h"]).default(Some(json!("m"))).build()
}

const COLOR: &str = "^([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$";

pub(crate) fn qr_fg() -> Object {
    text("The colour of the code, `RRGGBB` or `RGB`. Too little contrast to `bg` is refused.")
        .pattern(Some(COLOR))
        .default(Some(json!("000000")))
        .build()
}

pub(crate) fn qr_bg() -> Object {
    text("The colour behind it, `RRGGBB`, `RGB` or `transparent`.")
        .pattern(Some("^([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|transparent)$"))
        .default(Some(json!("ffffff")))
        .build()
}
