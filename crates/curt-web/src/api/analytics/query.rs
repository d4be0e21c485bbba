//! Which clicks a query asks for: a time span in a time zone, and at which resolution.

use std::time::Duration;

use curt_domain::{
    Bucket, ClickSeries, Day, POINTS_MAX, Span, TimeUnit, Timestamp, TooManyPoints, Zone,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, openapi::schema::Object};

use crate::{
    api::analytics::schema,
    request::{fields::FieldErrors, schema::integer},
    response::{ApiError, FieldError},
};

/// Longest time span, in days: a bit over ten years. A daily series of it stays below the maximum
/// number of points.
const DAYS_MAX: u32 = 3_660;

/// What most users look at.
const DAYS_DEFAULT: u32 = 30;

/// Days have up to 25 hours, and the first and last may be partial.
const LENGTH_MAX: Duration = Duration::from_hours(24 * (DAYS_MAX as u64 + 1));

/// No click is older than 1970.
const EARLIEST_MILLIS: i64 = 0;

fn days() -> Object {
    let description = "So many days up to now, of which today is the last; days of `tz`. Instead of \
                       `from` and `to`.";
    integer(description)
        .minimum(Some(1))
        .maximum(Some(DAYS_MAX))
        .default(Some(json!(DAYS_DEFAULT)))
        .build()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    #[param(schema_with = days)]
    days: Option<String>,
    #[param(schema_with = schema::from)]
    from: Option<String>,
    #[param(schema_with = schema::to)]
    to: Option<String>,
    #[param(schema_with = schema::tz)]
    tz: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    #[param(schema_with = schema::unit)]
    unit: Option<String>,
    #[param(schema_with = days)]
    days: Option<String>,
    #[param(schema_with = schema::from)]
    from: Option<String>,
    #[param(schema_with = schema::to)]
    to: Option<String>,
    #[param(schema_with = schema::tz)]
    tz: Option<String>,
}

/// A checked request: a time span and the zone to show it in.
pub(super) struct Range {
    pub(super) zone: Zone,
    pub(super) span: Span,
}

impl Range {
    pub(super) fn write(&self, at: Bucket) -> String {
        self.zone.write(at.start())
    }

    pub(super) fn span_before(&self) -> Span {
        self.span.before().expect("1970 is further from the calendar's begin than the longest span")
    }
}

impl SummaryQuery {
    pub(super) fn parse(&self, now: Timestamp) -> Result<Range, ApiError> {
        let Self { days, from, to, tz } = self;
        let mut errors = FieldErrors::default();
        let texts = Texts { days, from, to, tz };
        let range = texts.range(&mut errors, now);
        errors.finish()?;
        Ok(range.expect("nothing was wrong, so there is a time"))
    }
}

impl SeriesQuery {
    pub(super) fn parse(&self, now: Timestamp) -> Result<(Range, TimeUnit, ClickSeries), ApiError> {
        let Self { unit, days, from, to, tz } = self;
        let mut errors = FieldErrors::default();
        let unit = errors.unit(unit.as_deref());
        let range = Texts { days, from, to, tz }.range(&mut errors, now);
        errors.finish()?;
        let range = range.expect("nothing was wrong, so there is a time");
        let series = ClickSeries::new(unit, &range.zone, range.span).map_err(too_many)?;
        Ok((range, unit, series))
    }
}

fn too_many(TooManyPoints { unit_that_fits }: TooManyPoints) -> ApiError {
    let mut words = format!("makes more than {POINTS_MAX} points of that time");
    if let Some(unit) = unit_that_fits {
        words = format!("{words}; {} does not", unit.as_str());
    }
    ApiError::invalid_field("unit", words)
}

/// The parameters that give the time span.
struct Texts<'a> {
    days: &'a Option<String>,
    from: &'a Option<String>,
    to: &'a Option<String>,
    tz: &'a Option<String>,
}

/// The requested time, before the zone is known.
enum When {
    /// This many days, up to and including today.
    Days(u32),
    /// Up to now if there is no end.
    Between(Moment, Option<Moment>),
}

impl Texts<'_> {
    fn range(&self, errors: &mut FieldErrors, now: Timestamp) -> Option<Range> {
        let zone = self.tz.as_deref().map_or(Some(Zone::UTC), |name| errors.zone(name));
        let when = self.when(errors);
        let (zone, when) = (zone?, when?);
        // The quarter of an hour that is still running is included.
        let now_end = Bucket::of(now).next().start();
        let (from, to) = match when {
            When::Days(days) => (zone.start_of(zone.day_of(now).minus(days - 1)), now_end),
            When::Between(from, None) => (from.start(&zone), now_end),
            When::Between(from, Some(to)) => (from.start(&zone), to.end(&zone).min(now_end)),
        };
        let span = errors.span(from, to, now_end)?;
        Some(Range { zone, span })
    }

    fn when(&self, errors: &mut FieldErrors) -> Option<When> {
        let Some(from) = &self.from else {
            if self.to.is_some() {
                errors.add(FieldError::invalid("to", "needs from beside it"));
            }
            let days = self.days.as_deref();
            let days = errors.number("days", days, 1..=DAYS_MAX, DAYS_DEFAULT);
            return Some(When::Days(days));
        };
        if self.days.is_some() {
            errors.add(FieldError::invalid("days", "cannot stand beside from"));
        }
        let from = errors.moment("from", from);
        let to = self.to.as_deref().map(|to| errors.moment("to", to));
        match to {
            None => Some(When::Between(from?, None)),
            Some(to) => Some(When::Between(from?, Some(to?))),
        }
    }
}

/// How a caller may write a point in time.
#[derive(Clone, Copy)]
enum Moment {
    Day(Day),
    Time(Timestamp),
}

impl Moment {
    fn start(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => zone.start_of(day),
            Self::Time(time) => time,
        }
    }

    /// A day counts in full.
    fn end(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => zone.start_of(day.next()),
            Self::Time(time) => time,
        }
    }
}

impl FieldErrors {
    fn unit(&mut self, word: Option<&str>) -> TimeUnit {
        let Some(word) = word else { return TimeUnit::Day };
        let unit = TimeUnit::ALL.into_iter().find(|unit| unit.as_str() == word);
        unit.unwrap_or_else(|| {
            let words = if word == "minute" {
                "is shorter than what clicks are counted by, quarters of an hour; the shortest unit \
                 is hour"
                    .to_owned()
            } else {
                format!("is none of {}", TimeUnit::ALL.map(TimeUnit::as_str).join(", "))
            };
            self.add(FieldError::invalid("unit", words));
            TimeUnit::Day
        })
    }

    fn zone(&mut self, name: &str) -> Option<Zone> {
        let zone = with_plus(name).parse::<Zone>();
        self.ok(zone.map_err(|error| FieldError::invalid("tz", format!("is {error}"))))
    }

    fn moment(&mut self, field: &str, text: &str) -> Option<Moment> {
        if let Ok(day) = text.parse() {
            return Some(Moment::Day(day));
        }
        let time = with_plus(text).parse().map(Moment::Time);
        let words = "is neither a date such as 2026-01-31 nor a time of the form \
                     2026-01-31T12:00:00Z";
        self.ok(time.map_err(|_| FieldError::invalid(field, words)))
    }

    fn span(&mut self, from: Timestamp, to: Timestamp, now_end: Timestamp) -> Option<Span> {
        let wrong = |words: String| FieldError::invalid("from", words);
        let span = if from.as_millis() < EARLIEST_MILLIS {
            Err(wrong("lies before 1970".to_owned()))
        } else if now_end <= from {
            Err(wrong("lies ahead".to_owned()))
        } else if let Some(span) = Span::around(from, to) {
            let is_short = span.length() <= LENGTH_MAX;
            is_short.then_some(span).ok_or_else(|| {
                wrong(format!("lies more than {DAYS_MAX} days before the end of that time"))
            })
        } else {
            Err(FieldError::invalid("to", "must lie after from"))
        };
        self.ok(span)
    }
}

/// In a query, an unescaped plus is read as a space. No time or zone name contains a space.
fn with_plus(text: &str) -> String {
    text.replace(' ', "+")
}
