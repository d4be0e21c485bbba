//! Rules for creating links.

use curt_web::LinkSettings;

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const ANONYMOUS_CREATE_DEFAULT: &str = "false";

static ANONYMOUS_CREATE: Setting<bool> = Setting {
    about: About {
        key: "links.anonymous_create",
        accepts: "`true` or `false`",
        fallback: Fallback::Value(ANONYMOUS_CREATE_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Whether anybody may create links, without a key.",
        details: "Open shorteners are found and used for phishing within days.",
    },
    parse: values::boolean,
};

pub(super) static SECTION: Section =
    Section { title: "Links", settings: &[&ANONYMOUS_CREATE.about] };

pub(super) fn read(reader: &mut Reader) -> LinkSettings {
    LinkSettings { anonymous_create: reader.value(&ANONYMOUS_CREATE) }
}
