//! How often clients and users may send requests, by purpose.

use std::{ops::RangeInclusive, time::Duration};

use curt_cache::{LIMIT_COUNT_MAX, LIMIT_WINDOW_MAX, Limit, LimitSettings};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};

const MAX_MEMORY_DEFAULT: &str = "64MiB";

/// Below this a handful of clients would share everything; above it the value is probably a
/// mistake.
const MAX_MEMORY_RANGE: RangeInclusive<usize> = 1 << 20..=1 << 34;

const BLOCK_FOR_DEFAULT: &str = "1h";
const BLOCK_FOR_RANGE: RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(30 * 24);

const OFF: &str = "off";

const ACCEPTS: &str = "`off`, or a number up to 10000 and a duration up to `24h`, as in `20/60s`";

static ENABLED: Setting<bool> = Setting {
    about: About {
        key: "limits.enabled",
        accepts: "`true` or `false`",
        fallback: Fallback::Value("true"),
        disclosure: Disclosure::Open,
        summary: "Whether it is limited how often somebody may ask.",
        details: "The limits below are those of one server; several have as many each. Whoever is \
                  over one gets 429 and `Retry-After`. The configured administrator's key is exempt.",
    },
    parse: values::boolean,
};

const fn limit(
    key: &'static str,
    default: &'static str,
    summary: &'static str,
    details: &'static str,
) -> Setting<Option<Limit>> {
    let fallback = Fallback::Value(default);
    let disclosure = Disclosure::Open;
    Setting {
        about: About { key, accepts: ACCEPTS, fallback, disclosure, summary, details },
        parse: parse_limit,
    }
}

static AUTHENTICATED: Setting<Option<Limit>> = limit(
    "limits.authenticated",
    "100/60s",
    "Requests to the API, by user.",
    "All keys and sessions of a user count together. Creating many links is one request.",
);

static ANONYMOUS: Setting<Option<Limit>> = limit(
    "limits.anonymous",
    "20/60s",
    "Requests to the API without a key, or with a wrong one, by client.",
    "A client is an IPv4 address or the /64 of an IPv6 address. After as many wrong keys or sessions \
     in that time no other of that client is looked up.",
);

static REGISTRATION: Setting<Option<Limit>> =
    limit("limits.registration", "10/1h", "New accounts, by client.", "");

static LOGIN: Setting<Option<Limit>> = limit(
    "limits.login",
    "20/5m",
    "Passwords of accounts that are looked at, by client.",
    "Logging in, and what asks for the password again: changing it or the address, deleting an account.",
);

static UNLOCKS: Setting<Option<Limit>> = limit(
    "limits.unlocks",
    "100/5m",
    "Passwords of links that are looked at, right or wrong, by client.",
    "Each takes a core some 40 ms; nobody shall keep it from everybody else's.",
);

static LINK_PASSWORD: Setting<Option<Limit>> =
    limit("limits.link_password", "10/15m", "Wrong passwords of links, by link and client.", "");

static LINK_GUESSES: Setting<Option<Limit>> = limit(
    "limits.link_guesses",
    "100/15m",
    "Wrong passwords of links, by link, from everywhere together.",
    "Over it, nobody can try another password at that link; visitors who have given the right one in \
     the last ten minutes still follow it.",
);

static UNKNOWN_CODES: Setting<Option<Limit>> = limit(
    "limits.unknown_codes",
    "120/60s",
    "Visits of links that do not exist, by client.",
    "Who is over it still follows links that do exist.",
);

static REPORTS: Setting<Option<Limit>> =
    limit("limits.reports", "10/1h", "Reports of links, by client.", "");

static BLOCK_AFTER: Setting<Option<Limit>> = limit(
    "limits.block_after",
    "300/10m",
    "Refused requests after which a client is blocked for a while.",
    "The block covers the API, logging in and links that do not exist, on all servers of the \
     database. Proxies that are trusted and the machine itself are never blocked.",
);

static BLOCK_FOR: Setting<Duration> = Setting {
    about: About {
        key: "limits.block_for",
        accepts: "a duration from `1m` to `30d`",
        fallback: Fallback::Value(BLOCK_FOR_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long such a block lasts.",
        details: "`curt blocks` shows and lifts them.",
    },
    parse: |text| values::duration(text, BLOCK_FOR_RANGE),
};

static MAX_MEMORY: Setting<usize> = Setting {
    about: About {
        key: "limits.max_memory",
        accepts: "a size from `1MiB` to `16GiB`",
        fallback: Fallback::Value(MAX_MEMORY_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The most memory that is used to know who asked when.",
        details: "Each kind of limit has an even part of it. When that is full, new clients share \
                  the limit of their network (/16, or /48 of IPv6).",
    },
    parse: |text| {
        let range = *MAX_MEMORY_RANGE.start() as u64..=*MAX_MEMORY_RANGE.end() as u64;
        usize::try_from(values::bytes(text, range)?).map_err(|_| Rejected::Malformed)
    },
};

pub(super) static SECTION: Section = Section {
    title: "Limits",
    settings: &[
        &ENABLED.about,
        &AUTHENTICATED.about,
        &ANONYMOUS.about,
        &REGISTRATION.about,
        &LOGIN.about,
        &UNLOCKS.about,
        &LINK_PASSWORD.about,
        &LINK_GUESSES.about,
        &UNKNOWN_CODES.about,
        &REPORTS.about,
        &BLOCK_AFTER.about,
        &BLOCK_FOR.about,
        &MAX_MEMORY.about,
    ],
};

pub(super) fn read(reader: &mut Reader) -> LimitSettings {
    let settings = LimitSettings {
        authenticated: reader.value(&AUTHENTICATED),
        anonymous: reader.value(&ANONYMOUS),
        registration: reader.value(&REGISTRATION),
        login: reader.value(&LOGIN),
        unlock: reader.value(&UNLOCKS),
        link_password: reader.value(&LINK_PASSWORD),
        link_guess: reader.value(&LINK_GUESSES),
        unknown_code: reader.value(&UNKNOWN_CODES),
        report: reader.value(&REPORTS),
        block_after: reader.value(&BLOCK_AFTER),
        block_for: reader.value(&BLOCK_FOR),
        bytes_max: reader.value(&MAX_MEMORY),
    };
    if reader.value(&ENABLED) { settings } else { LimitSettings::OFF }
}

/// `20/60s`, or `off`.
fn parse_limit(text: &str) -> Result<Option<Limit>, Rejected> {
    if text == OFF {
        return Ok(None);
    }
    let (count, window) = text.split_once('/').ok_or(Rejected::Malformed)?;
    let count = values::whole(count.trim(), 1..=LIMIT_COUNT_MAX)?;
    let window = values::duration(window.trim(), Duration::from_secs(1)..=LIMIT_WINDOW_MAX)?;
    Limit::new(count, window).map(Some).ok_or(Rejected::Malformed)
}

#[cfg(test)]
mod tests;
