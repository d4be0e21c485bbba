//! Points in time, and the clock that everything reads.
//!
//! Milliseconds since the epoch everywhere: the three databases store them alike, and buckets are
//! computed here instead of with their date functions.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored; within the years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a point in time that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-01-31T12:00:00Z between the years 0 and 9999")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// Clamped to the range of RFC 3339, so that formatting never fails.
    pub fn from_millis(millis: i64) -> Self {
        let first = -62_167_219_200_000; // 0000-01-01T00:00:00Z
        // 9999-12-30T22:00:00Z, the last that jiff has in milliseconds: it leaves room for any
        // offset. Its `Timestamp::MAX` is a fraction of a second later.
        let last = 253_402_207_200_000;
        Self(millis.clamp(first, last))
    }

    pub const fn as_millis(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    pub(crate) fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("its range is part of jiff's")
    }

    /// Digits beyond milliseconds are dropped.
    pub(crate) fn from_jiff(at: jiff::Timestamp) -> Self {
        Self::from_millis(at.as_millisecond())
    }

    /// Zero if `earlier` is in fact later: clocks step backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// RFC 3339 in UTC with milliseconds, for example `2026-01-31T12:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads RFC 3339 with any offset; digits beyond milliseconds are dropped.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        // jiff accepts more than the RFC, for example time zones in brackets, which may contradict
        // the offset.
        if !is_rfc_3339(text.as_bytes()) {
            return Err(InvalidTimestamp);
        }
        let at: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        let parsed = Self::from_jiff(at);
        if parsed.0 == at.as_millisecond() { Ok(parsed) } else { Err(InvalidTimestamp) }
    }
}

/// `2026-01-31T12:00:00`, an optional fraction, then `Z` or an offset such as `+01:00`.
fn is_rfc_3339(text: &[u8]) -> bool {
    const DATE_TIME: &[u8] = b"0000-00-00T00:00:00";
    let Some((date_time, rest)) = text.split_at_checked(DATE_TIME.len()) else { return false };
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let offset = match rest {
        [b'.', fraction @ ..] if 0 < digits(fraction) => &fraction[digits(fraction)..],
        _ => rest,
    };
    let is_offset = match offset {
        b"Z" | b"z" => true,
        [b'+' | b'-', offset @ ..] => has_shape(offset, b"00:00"),
        _ => false,
    };
    is_offset && has_shape(date_time, DATE_TIME)
}

/// Whether the text has digits where the shape has zeros, and the same signs elsewhere.
fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        sign => byte.eq_ignore_ascii_case(sign),
    };
    text.len() == shape.len() && text.iter().zip(shape).all(fits)
}

/// The source of the current time: the system, or a test.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    Manual(ManualClock),
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    /// For measuring durations: monotonic, whatever happens to the wall clock.
    pub fn instant(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Manual(clock) => clock.instant(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> Timestamp {
    // A clock before 1970 reads as 1970: wrong, but no worse than the clock itself.
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that stands still until it is moved; clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    wall_millis: AtomicI64,
    start: Instant,
    elapsed_millis: AtomicU64,
}

impl ManualClock {
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(Hands {
            wall_millis: AtomicI64::new(start.as_millis()),
            start: Instant::now(),
            elapsed_millis: AtomicU64::new(0),
        }))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.wall_millis.load(Ordering::Relaxed))
    }

    pub fn instant(&self) -> Instant {
        self.0.start + Duration::from_millis(self.0.elapsed_millis.load(Ordering::Relaxed))
    }

    /// Sets the wall clock, as an administrator does: no time passes.
    pub fn set(&self, now: Timestamp) {
        self.0.wall_millis.store(now.as_millis(), Ordering::Relaxed);
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.elapsed_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
