//! Time zones by their names in the IANA database.
//!
//! The database is part of the program, so that machines without one count like all others, and all
//! nodes of a deployment alike. Our releases update it.

use std::{fmt, str::FromStr};

use jiff::tz::{self, TimeZone};

use crate::time::Timestamp;

/// Longest name that is compared with known names, which have at most 32 bytes.
const NAME_LEN_COMPARED: usize = 64;

/// How similar a name must be to be suggested; 1 means equal.
const LIKENESS_MIN: f64 = 0.85;

/// A time zone with its rules, past and future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// There is no time zone of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone of the IANA database, such as Europe/Berlin{}", hint(.likely.as_deref()))]
pub struct UnknownZone {
    /// The name that was probably meant.
    pub likely: Option<String>,
}

impl Zone {
    pub const UTC: Self = Self(TimeZone::UTC);

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// RFC 3339 in the zone's local time, with `Z` if that is UTC.
    pub fn write(&self, at: Timestamp) -> String {
        let jiff = at.to_jiff();
        let offset = self.0.to_offset(jiff);
        if offset.is_zero() {
            at.to_string()
        } else {
            format!("{:.3}", jiff.display_with_offset(offset))
        }
    }

    pub(super) fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Ignores case.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::UTC);
        }
        let found = tz::db().get(name).ok().filter(|zone| !zone.is_unknown());
        found.map(Self).ok_or_else(|| UnknownZone { likely: likely(name) })
    }
}

fn hint(likely: Option<&str>) -> String {
    likely.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// Most people leave the continent out, or mistype the city.
fn likely(name: &str) -> Option<String> {
    if NAME_LEN_COMPARED < name.len() {
        return None;
    }
    let wanted = letters(name);
    let likeness = |known: &str| {
        let known = letters(known);
        let city = known.rsplit('/').next().unwrap_or(&known);
        if city == wanted {
            return 1.0;
        }
        let alike = strsim::jaro_winkler(&known, &wanted);
        alike.max(strsim::jaro_winkler(city, wanted.rsplit('/').next().unwrap_or(&wanted)) - 0.05)
    };
    let known = tz::db().available().map(|name| name.as_str().to_owned());
    let likely = known.map(|name| (likeness(&name), name));
    let likely = likely.filter(|(likeness, _)| LIKENESS_MIN <= *likeness);
    likely.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name)
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '/')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
