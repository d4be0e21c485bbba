//! All settings.

use super::{
    audit, auth, backup, cache, codes, database, http, journal, keys, limits, links, log, metrics,
    pages, reports, server,
    setting::{About, Section},
    shutdown,
};

/// In the order of the manual and of `curt config`.
pub(super) static SECTIONS: [&Section; 17] = [
    &server::SECTION,
    &http::SECTION,
    &keys::SECTION,
    &auth::SECTION,
    &database::SECTION,
    &backup::SECTION,
    &audit::SECTION,
    &reports::SECTION,
    &links::SECTION,
    &limits::SECTION,
    &codes::SECTION,
    &pages::SECTION,
    &cache::SECTION,
    &journal::SECTION,
    &metrics::SECTION,
    &log::SECTION,
    &shutdown::SECTION,
];

pub(super) fn abouts() -> impl Iterator<Item = &'static About> {
    SECTIONS.iter().flat_map(|section| section.settings).copied()
}
