//! How much the in-process link cache holds, and for how long.

use std::{ops::RangeInclusive, time::Duration};

use curt_cache::CacheSettings;

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const MAX_BYTES_DEFAULT: &str = "128MiB";
const MAX_AGE_DEFAULT: &str = "1h";
const OFFLINE_MAX_DEFAULT: &str = "1h";

/// Below this the cache would mostly evict; above it the value is probably a mistake.
const MAX_BYTES_RANGE: RangeInclusive<u64> = 1 << 20..=1 << 40;
const MAX_AGE_RANGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);
/// After a week without its database, a node's links can no longer be trusted.
const OFFLINE_MAX_RANGE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(7 * 24);

static MAX_BYTES: Setting<u64> = Setting {
    about: About {
        key: "cache.max_bytes",
        accepts: "a size from `1MiB` to `1TiB`",
        fallback: Fallback::Value(MAX_BYTES_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The memory for links that are kept at hand.",
        details: "What does not fit is read from the database.",
    },
    parse: |text| values::bytes(text, MAX_BYTES_RANGE),
};

static MAX_AGE: Setting<Duration> = Setting {
    about: About {
        key: "cache.max_age",
        accepts: "a duration from `1s` to `24h`",
        fallback: Fallback::Value(MAX_AGE_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long a link is served from memory before it is read again.",
        details: "Edits do not wait for it: they are seen at once on the node that made them.",
    },
    parse: |text| values::duration(text, MAX_AGE_RANGE),
};

static OFFLINE_MAX: Setting<Duration> = Setting {
    about: About {
        key: "cache.offline_max",
        accepts: "a duration from `0` to `7d`",
        fallback: Fallback::Value(OFFLINE_MAX_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long a node that cannot reach its database serves what it remembers.",
        details: "In that time it cannot hear of edits that other nodes make.",
    },
    parse: |text| values::duration(text, OFFLINE_MAX_RANGE),
};

pub(super) static SECTION: Section =
    Section { title: "Cache", settings: &[&MAX_BYTES.about, &MAX_AGE.about, &OFFLINE_MAX.about] };

pub(super) fn read(reader: &mut Reader) -> CacheSettings {
    CacheSettings {
        bytes_max: reader.value(&MAX_BYTES),
        entry_age_max: reader.value(&MAX_AGE),
        offline_max: reader.value(&OFFLINE_MAX),
    }
}
