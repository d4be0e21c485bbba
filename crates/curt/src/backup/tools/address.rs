//! The address of a database, taken apart for tools that want its parts.

use anyhow::Context as _;
use curt_store::DatabaseUrl;
use url::Url;

pub(super) fn address(database: &DatabaseUrl) -> anyhow::Result<Url> {
    Url::parse(&database.expose()).context("the address of the database")
}

/// A part of an address as it was meant, without its percent signs.
pub(super) fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The value of a parameter that goes by several names.
pub(super) fn parameter(url: &Url, names: &[&str]) -> Option<String> {
    let found = url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last();
    found.map(|(_, value)| value.into_owned())
}
