//! Clicks as the API shows them. Fields are part of the API.

use curt_domain::{ClickSeries, ClickTotals, Code, HOURS, Span, TimeUnit, WeekHours};
use curt_store::ClickLosses;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::analytics::{query::Range, schema},
    request::schema as shared,
};

/// How often the link was followed, by who did. `total` is the sum of the others.
#[derive(Serialize, ToSchema)]
#[schema(as = Clicks)]
pub(crate) struct ClicksView {
    #[schema(schema_with = schema::clicks)]
    total: u64,
    #[schema(schema_with = schema::clicks)]
    human: u64,
    #[schema(schema_with = schema::clicks)]
    bot: u64,
    #[schema(schema_with = schema::clicks)]
    preview: u64,
    #[schema(schema_with = schema::clicks)]
    prefetch: u64,
    #[schema(schema_with = schema::clicks)]
    suspicious: u64,
}

/// A link's clicks in some time.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickSummary)]
pub(super) struct SummaryView {
    #[schema(schema_with = shared::short_code)]
    short_code: String,
    #[schema(schema_with = schema::span_from)]
    from: String,
    #[schema(schema_with = schema::span_to)]
    to: String,
    #[schema(schema_with = schema::span_tz)]
    tz: String,
    clicks: ClicksView,
    previous: PreviousView,
    #[schema(schema_with = schema::hours_by_weekday)]
    hours_by_weekday: Vec<[u64; HOURS]>,
    missing: MissingView,
}

/// As much time right before, to compare with.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviousClicks)]
struct PreviousView {
    #[schema(schema_with = schema::span_from)]
    from: String,
    #[schema(schema_with = schema::span_to)]
    to: String,
    clicks: ClicksView,
}

/// Clicks of that time that happened and are known to be missing. Which links they were of is not
/// known: the numbers are those of the whole deployment.
#[derive(Serialize, ToSchema)]
#[schema(as = MissingClicks)]
struct MissingView {
    #[schema(schema_with = schema::dropped)]
    dropped: u64,
    #[schema(schema_with = schema::lost)]
    lost: u64,
}

/// A link's clicks over time.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickSeries)]
pub(super) struct SeriesView {
    #[schema(schema_with = shared::short_code)]
    short_code: String,
    #[schema(schema_with = schema::span_from)]
    from: String,
    #[schema(schema_with = schema::span_to)]
    to: String,
    #[schema(schema_with = schema::span_tz)]
    tz: String,
    #[schema(schema_with = schema::span_unit)]
    unit: &'static str,
    /// In order and without gap: where nothing happened, there are zeros.
    points: Vec<PointView>,
    missing: MissingView,
}

/// The clicks of an hour, a day, a week or a month.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickPoint)]
pub(super) struct PointView {
    #[schema(schema_with = schema::point_at)]
    at: String,
    clicks: ClicksView,
}

impl ClicksView {
    pub(crate) fn new(clicks: &ClickTotals) -> Self {
        Self {
            total: clicks.total(),
            human: clicks.human,
            bot: clicks.bot,
            preview: clicks.preview,
            prefetch: clicks.prefetch,
            suspicious: clicks.suspicious,
        }
    }
}

impl SummaryView {
    pub(super) fn new(
        code: &Code,
        range: &Range,
        clicks: &ClickTotals,
        (before, previous): (Span, &ClickTotals),
        hours: &WeekHours,
        missing: ClickLosses,
    ) -> Self {
        Self {
            short_code: code.to_string(),
            from: range.write(range.span.from()),
            to: range.write(range.span.to()),
            tz: range.zone.to_string(),
            clicks: ClicksView::new(clicks),
            previous: PreviousView {
                from: range.write(before.from()),
                to: range.write(before.to()),
                clicks: ClicksView::new(previous),
            },
            hours_by_weekday: hours.clicks().to_vec(),
            missing: MissingView::new(missing),
        }
    }
}

impl MissingView {
    fn new(ClickLosses { dropped, lost }: ClickLosses) -> Self {
        Self { dropped, lost }
    }
}

impl SeriesView {
    pub(super) fn new(
        code: &Code,
        range: &Range,
        unit: TimeUnit,
        series: &ClickSeries,
        missing: ClickLosses,
    ) -> Self {
        let point =
            |(at, clicks)| PointView { at: range.zone.write(at), clicks: ClicksView::new(clicks) };
        Self {
            short_code: code.to_string(),
            from: range.write(range.span.from()),
            to: range.write(range.span.to()),
            tz: range.zone.to_string(),
            unit: unit.as_str(),
            points: series.points().map(point).collect(),
            missing: MissingView::new(missing),
        }
    }
}
