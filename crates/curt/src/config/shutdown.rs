//! How the server stops.

use std::{ops::RangeInclusive, time::Duration};

use curt_web::ShutdownSettings;

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

/// Long enough for a proxy that checks once a second, short enough for a user at a terminal.
const DELAY_DEFAULT: &str = "1s";
/// Together with the delay less than 30 s, after which Kubernetes and Compose files like ours kill.
const TIMEOUT_DEFAULT: &str = "25s";

/// Supervisors kill the process long before.
const RANGE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_mins(10);

static DELAY: Setting<Duration> = Setting {
    about: About {
        key: "shutdown.delay",
        accepts: "a duration from `0` to `10m`",
        fallback: Fallback::Value(DELAY_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long a stopping server keeps accepting after `/readyz` says 503.",
        details: "Give a load balancer the time to notice; without one, `0` is fine.",
    },
    parse: |text| values::duration(text, RANGE),
};

static TIMEOUT: Setting<Duration> = Setting {
    about: About {
        key: "shutdown.timeout",
        accepts: "a duration from `0` to `10m`",
        fallback: Fallback::Value(TIMEOUT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long everything else may take after that.",
        details: "Requests in flight get four fifths of it; what is left is for counting clicks and \
                  closing the database. Keep the sum of both below the time after which your \
                  supervisor kills.",
    },
    parse: |text| values::duration(text, RANGE),
};

pub(super) static SECTION: Section =
    Section { title: "Shutdown", settings: &[&DELAY.about, &TIMEOUT.about] };

pub(super) fn read(reader: &mut Reader) -> ShutdownSettings {
    ShutdownSettings { delay: reader.value(&DELAY), timeout: reader.value(&TIMEOUT) }
}
