//! How long the audit log is kept.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const KEEP_DEFAULT: &str = "400d";

/// Under a day it would be no log; above ten years we should not keep it.
const KEEP_RANGE: RangeInclusive<Duration> =
    Duration::from_hours(24)..=Duration::from_hours(3_650 * 24);

static KEEP: Setting<Duration> = Setting {
    about: About {
        key: "audit.keep",
        accepts: "a duration from `1d` to `3650d`",
        fallback: Fallback::Value(KEEP_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long the audit log keeps who changed what.",
        details: "It names people by their ids, and clients by their networks.",
    },
    parse: |text| values::duration(text, KEEP_RANGE),
};

pub(super) static SECTION: Section = Section { title: "Audit log", settings: &[&KEEP.about] };

#[derive(Debug, Clone)]
pub(crate) struct AuditConfig {
    pub(crate) keep: Duration,
}

pub(super) fn read(reader: &mut Reader) -> AuditConfig {
    AuditConfig { keep: reader.value(&KEEP) }
}
