//! How long reports and decisions about them are kept.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const KEEP_DEFAULT: &str = "400d";

/// Under a day no decision could be reviewed; above ten years we should not keep it.
const KEEP_RANGE: RangeInclusive<Duration> =
    Duration::from_hours(24)..=Duration::from_hours(3_650 * 24);

static KEEP: Setting<Duration> = Setting {
    about: About {
        key: "reports.keep",
        accepts: "a duration from `1d` to `3650d`",
        fallback: Fallback::Value(KEEP_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long reports of links are kept once they are settled.",
        details: "Open ones stay, and so do those of links that are disabled for abuse.",
    },
    parse: |text| values::duration(text, KEEP_RANGE),
};

pub(super) static SECTION: Section = Section { title: "Reports", settings: &[&KEEP.about] };

#[derive(Debug, Clone)]
pub(crate) struct ReportsConfig {
    pub(crate) keep: Duration,
}

pub(super) fn read(reader: &mut Reader) -> ReportsConfig {
    ReportsConfig { keep: reader.value(&KEEP) }
}
