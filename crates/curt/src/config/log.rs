//! What is logged, and in which form.

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};
use crate::logging::{LogConfig, LogFormat};

const FORMAT_DEFAULT: &str = "auto";
const LEVEL_DEFAULT: &str = "info";

static FORMAT: Setting<LogFormat> = Setting {
    about: About {
        key: "log.format",
        accepts: "`auto`, `pretty` or `json`",
        fallback: Fallback::Value(FORMAT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The form of log lines on standard error.",
        details: "`auto` is `pretty` on a terminal and `json` (an object per line) elsewhere.",
    },
    parse: |text| {
        let choices =
            [("auto", LogFormat::Auto), ("pretty", LogFormat::Pretty), ("json", LogFormat::Json)];
        values::one_of(text, &choices)
    },
};

static LEVEL: Setting<Targets> = Setting {
    about: About {
        key: "log.level",
        accepts: "`off`, `error`, `warn`, `info`, `debug` or `trace`, and `target=level` for parts, \
                  such as `info,curt_store=debug`",
        fallback: Fallback::Value(LEVEL_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How much is logged.",
        details: "",
    },
    parse: level,
};

pub(super) static SECTION: Section =
    Section { title: "Log", settings: &[&FORMAT.about, &LEVEL.about] };

pub(super) fn read(reader: &mut Reader) -> LogConfig {
    LogConfig { format: reader.value(&FORMAT), level: reader.value(&LEVEL) }
}

/// A bare word must be a level: the filter itself would read `inof` as a part of the program and
/// silence everything else.
fn level(text: &str) -> Result<Targets, Rejected> {
    let bare_words = text.split(',').filter(|directive| !directive.contains('='));
    for word in bare_words {
        values::parsed::<LevelFilter>(word.trim())?;
    }
    values::parsed(text)
}
