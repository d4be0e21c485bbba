//! Where clicks are written, how much space they may use, and which failures they survive.

use std::{num::NonZeroUsize, ops::RangeInclusive, path::PathBuf, thread};

use curt_journal::{Durability, JournalSettings};

use super::{
    ServerConfig,
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

/// The default directory, in the data directory.
const DIRECTORY: &str = "journal";
const ENABLED_DEFAULT: &str = "true";
const DURABILITY_DEFAULT: &str = "process";
/// Equal to `curt_journal::CAPACITY_DEFAULT`; a test compares them.
const MAX_BYTES_DEFAULT: &str = "1GiB";

/// Below this a burst would fill the journal between two rounds of the drain; above it the drain
/// could never catch up.
const MAX_BYTES_RANGE: RangeInclusive<u64> = 64 << 20..=1 << 40;

static ENABLED: Setting<bool> = Setting {
    about: About {
        key: "journal.enabled",
        accepts: "`true` or `false`",
        fallback: Fallback::Value(ENABLED_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Whether clicks are counted.",
        details: "Limited links use up their clicks either way.",
    },
    parse: values::boolean,
};

static DIR: Setting<PathBuf> = Setting {
    about: About {
        key: "journal.dir",
        accepts: "a directory",
        fallback: Fallback::Described("`journal` in the data directory"),
        disclosure: Disclosure::Open,
        summary: "Where clicks are written down until they are counted.",
        details: "On a disk that outlives the process, of this node alone: ext4 or tmpfs are \
                  fastest. Created with mode 0700 when it does not exist.",
    },
    parse: values::directory,
};

static DURABILITY: Setting<Durability> = Setting {
    about: About {
        key: "journal.durability",
        accepts: "`process` or `power`",
        fallback: Fallback::Value(DURABILITY_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "What a click survives once its visitor has the redirect.",
        details: "With `process` the death of the server; a power cut may cost the clicks of the last \
                  200 ms. With `power` both, and every redirect waits for the disk.",
    },
    parse: |text| {
        values::one_of(text, &[("process", Durability::Process), ("power", Durability::Power)])
    },
};

static MAX_BYTES: Setting<u64> = Setting {
    about: About {
        key: "journal.max_bytes",
        accepts: "a size from `64MiB` to `1TiB`",
        fallback: Fallback::Value(MAX_BYTES_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How much room clicks may take that are not counted yet.",
        details: "Enough for some six million clicks by default, should the database be away. Past \
                  it redirects go on, and what is dropped is counted as dropped.",
    },
    parse: |text| values::bytes(text, MAX_BYTES_RANGE),
};

pub(super) static SECTION: Section = Section {
    title: "Journal",
    settings: &[&ENABLED.about, &DIR.about, &DURABILITY.about, &MAX_BYTES.about],
};

#[derive(Debug)]
pub(crate) struct JournalConfig {
    /// Where the journal is, or where it was before counting was switched off.
    pub(crate) directory: PathBuf,
    /// `None` if clicks are not counted.
    pub(crate) settings: Option<JournalSettings>,
}

pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> JournalConfig {
    let directory = reader.given(&DIR).unwrap_or_else(|| server.data_dir.join(DIRECTORY));
    reader.derive(&DIR.about, directory.display());
    // A shard for each thread that serves requests, so that none waits for another.
    let shards = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let settings = JournalSettings {
        durability: reader.value(&DURABILITY),
        capacity: reader.value(&MAX_BYTES),
        ..JournalSettings::new(directory.clone(), shards)
    };
    JournalConfig { directory, settings: reader.value(&ENABLED).then_some(settings) }
}
