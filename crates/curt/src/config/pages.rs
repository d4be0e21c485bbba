//! Where visitors are sent when no link was followed.

use curt_domain::{TargetRules, TargetUrl};
use curt_web::PageSettings;

use super::{
    ServerConfig,
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
};

static ROOT_URL: Setting<TargetUrl> = Setting {
    about: About {
        key: "pages.root_url",
        accepts: "an absolute http or https URL on another host",
        fallback: Fallback::Described("none: `/` shows a small page"),
        disclosure: Disclosure::Open,
        summary: "Where `/` leads.",
        details: "",
    },
    parse: elsewhere,
};

static NOT_FOUND_URL: Setting<TargetUrl> = Setting {
    about: About {
        key: "pages.not_found_url",
        accepts: "an absolute http or https URL on another host",
        fallback: Fallback::Described("none: unknown codes show a small page with status 404"),
        disclosure: Disclosure::Open,
        summary: "Where people who ask for an unknown code are sent.",
        details: "Programs that ask for JSON still get a 404.",
    },
    parse: elsewhere,
};

pub(super) static SECTION: Section =
    Section { title: "Pages", settings: &[&ROOT_URL.about, &NOT_FOUND_URL.about] };

pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> PageSettings {
    PageSettings {
        root_url: read_page(reader, &ROOT_URL, server),
        not_found_url: read_page(reader, &NOT_FOUND_URL, server),
    }
}

/// A page on our own host could redirect its visitors in a loop.
fn read_page(
    reader: &mut Reader,
    setting: &Setting<TargetUrl>,
    server: &ServerConfig,
) -> Option<TargetUrl> {
    let page = reader.given(setting)?;
    let own = TargetRules::new([&server.public_url(server.listen)]);
    if let Err(error) = TargetUrl::parse(page.as_str(), &own) {
        reader.reject(&setting.about, error);
    }
    Some(page)
}

fn elsewhere(text: &str) -> Result<TargetUrl, Rejected> {
    // Our own host is not known here; `read_page` checks again when it is.
    TargetUrl::parse(text, &TargetRules::default()).map_err(|error| Rejected::by(&error))
}
