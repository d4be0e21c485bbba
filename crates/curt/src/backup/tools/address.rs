//! Splits the address of a database into parts, for tools that take them separately.

use anyhow::Context as _;
use curt_store::DatabaseUrl;
use url::Url;

pub(super) fn address(database: &DatabaseUrl) -> anyhow::Result<Url> {
    Url::parse(&database.expose()).context("the address of the database")
}

/// A part of an address without its percent encoding.
pub(super) fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The value of a parameter that has several names.
pub(super) fn parameter(url: &Url, names: &[&str]) -> Option<String> {
    let found = url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last();
    found.map(|(_, value)| value.into_owned())
}
