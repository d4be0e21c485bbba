//! Parsers that several settings share. None of them names a setting; the messages add that.

use std::{ops::RangeInclusive, path::PathBuf, str::FromStr, time::Duration};

use super::setting::Rejected;

pub(super) fn boolean(text: &str) -> Result<bool, Rejected> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Rejected::Malformed),
    }
}

/// For a `FromStr` whose error would say less than what the setting accepts.
pub(super) fn parsed<T: FromStr>(text: &str) -> Result<T, Rejected> {
    text.parse().map_err(|_| Rejected::Malformed)
}

/// Finds a word among the few that a setting knows.
pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, Rejected> {
    let chosen = choices.iter().find(|(name, _)| *name == text);
    chosen.map(|(_, value)| *value).ok_or(Rejected::Malformed)
}

pub(super) fn directory(text: &str) -> Result<PathBuf, Rejected> {
    if text.is_empty() { Err(Rejected::Malformed) } else { Ok(PathBuf::from(text)) }
}

/// A size such as `128MiB`, `64KB` or a plain number of bytes.
pub(super) fn bytes(text: &str, range: RangeInclusive<u64>) -> Result<u64, Rejected> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        "TB" => 1_000_000_000_000,
        "TiB" => 1 << 40,
        _ => return Err(Rejected::Malformed),
    };
    number.checked_mul(factor).filter(|bytes| range.contains(bytes)).ok_or(Rejected::Malformed)
}

/// A duration such as `200ms`, `10s`, `5m`, `1h`, `2d` or `1w`; a bare `0` needs no unit.
pub(crate) fn duration(text: &str, range: RangeInclusive<Duration>) -> Result<Duration, Rejected> {
    let (number, unit) = number_and_unit(text)?;
    let factor_ms = match unit {
        "" if number == 0 => 1,
        "ms" => 1,
        "s" => 1_000,
        "m" => 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        "d" => 24 * 60 * 60 * 1_000,
        "w" => 7 * 24 * 60 * 60 * 1_000,
        _ => return Err(Rejected::Malformed),
    };
    let duration = number.checked_mul(factor_ms).map(Duration::from_millis);
    duration.filter(|duration| range.contains(duration)).ok_or(Rejected::Malformed)
}

pub(super) fn whole<T>(text: &str, range: RangeInclusive<T>) -> Result<T, Rejected>
where
    T: FromStr + PartialOrd,
{
    parsed(text).and_then(|n| if range.contains(&n) { Ok(n) } else { Err(Rejected::Malformed) })
}

fn number_and_unit(text: &str) -> Result<(u64, &str), Rejected> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    Ok((parsed(digits)?, unit.trim_start()))
}

#[cfg(test)]
mod tests;
