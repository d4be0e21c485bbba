//! Where backups are stored, how often the server makes one, and how many it keeps.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use curt_store::{Engine, StoreSettings};

use super::{
    ServerConfig,
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};
use crate::backup::{BackupConfig, Plan, rotation::Keep};

/// The default directory, in the data directory.
const DIRECTORY: &str = "backups";
const INTERVAL_DEFAULT: Duration = Duration::from_hours(24);
const KEEP_DEFAULT: &str = "7";
const KEEP_WEEKLY_DEFAULT: &str = "4";
const OFF: &str = "off";

/// More often, the server would do little else; more rarely, backups would be too old to help.
const INTERVAL_RANGE: RangeInclusive<Duration> =
    Duration::from_mins(10)..=Duration::from_hours(31 * 24);
/// At least one, so that the newest always stays; at most about ten years.
const KEEP_RANGE: RangeInclusive<u16> = 1..=3_650;
const KEEP_WEEKLY_RANGE: RangeInclusive<u16> = 0..=520;

static DIR: Setting<PathBuf> = Setting {
    about: About {
        key: "backup.dir",
        accepts: "a directory",
        fallback: Fallback::Described("`backups` in the data directory"),
        disclosure: Disclosure::Open,
        summary: "Where backups are kept.",
        details: "Another disk is better: a backup beside its database does not survive the disk, \
                  and a copy on another machine survives both. Created with mode 0700 when it does \
                  not exist.",
    },
    parse: values::directory,
};

static INTERVAL: Setting<Option<Duration>> = Setting {
    about: About {
        key: "backup.interval",
        accepts: "a duration from `10m` to `31d`, or `off`",
        fallback: Fallback::Described(
            "`24h` with SQLite; `off` with a database server, which usually has backups of its own",
        ),
        disclosure: Disclosure::Open,
        summary: "How old the server lets its newest backup become before it makes another.",
        details: "Each is verified before it counts. `/api/v1/health` and the metrics say how old \
                  the newest is; a failure is tried again after an hour. With PostgreSQL and MySQL \
                  it calls `pg_dump`, `mariadb-dump` or `mysqldump`; set it on one node only.",
    },
    parse: |text| {
        if matches!(text, OFF | "0") {
            return Ok(None);
        }
        values::duration(text, INTERVAL_RANGE).map(Some)
    },
};

static KEEP: Setting<u16> = Setting {
    about: About {
        key: "backup.keep",
        accepts: "a whole number from 1 to 3650",
        fallback: Fallback::Value(KEEP_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "For how many days the newest backup of the day is kept.",
        details: "All of the last day are kept too. Backups made with `curt backup create` are never \
                  removed.",
    },
    parse: |text| values::whole(text, KEEP_RANGE),
};

static KEEP_WEEKLY: Setting<u16> = Setting {
    about: About {
        key: "backup.keep_weekly",
        accepts: "a whole number from 0 to 520",
        fallback: Fallback::Value(KEEP_WEEKLY_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "For how many weeks the newest backup of the week is kept.",
        details: "Some mistakes are noticed late.",
    },
    parse: |text| values::whole(text, KEEP_WEEKLY_RANGE),
};

pub(super) static SECTION: Section = Section {
    title: "Backup",
    settings: &[&DIR.about, &INTERVAL.about, &KEEP.about, &KEEP_WEEKLY.about],
};

pub(super) fn read(
    reader: &mut Reader,
    server: &ServerConfig,
    database: &StoreSettings,
) -> BackupConfig {
    let directory = reader.given(&DIR).unwrap_or_else(|| server.data_dir.join(DIRECTORY));
    reader.derive(&DIR.about, directory.display());
    let by_engine = match database.database.engine() {
        Engine::Sqlite => Some(INTERVAL_DEFAULT),
        Engine::Postgres | Engine::MySql => None,
    };
    reader.derive(&INTERVAL.about, if by_engine.is_some() { "24h" } else { OFF });
    let interval = reader.given(&INTERVAL).unwrap_or(by_engine);
    let keep = Keep { days: reader.value(&KEEP), weeks: reader.value(&KEEP_WEEKLY) };
    BackupConfig { directory, plan: interval.map(|interval| Plan { interval, keep }) }
}
