//! No counted click is lost on its way into a series, and none counts twice.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::calendar::tests::{any_time, any_unit, any_zone};

const QUARTER: Duration = Duration::from_mins(15);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::around(at(from), at(to)).unwrap()
}

fn humans(human: u64) -> ClickTotals {
    ClickTotals { human, ..ClickTotals::default() }
}

/// Start and human clicks of each point.
fn points(series: &ClickSeries, zone: &Zone) -> Vec<(String, u64)> {
    series.points().map(|(at, totals)| (zone.write(at), totals.human)).collect()
}

#[test]
fn a_span_is_made_of_whole_buckets() {
    let span = span("2026-01-31T12:07:00Z", "2026-01-31T12:16:00Z");
    assert_eq!(span.from().start(), at("2026-01-31T12:00:00Z"));
    assert_eq!(span.to().start(), at("2026-01-31T12:30:00Z"));
    assert_eq!(span.length(), 2 * QUARTER);
    let before = span.before().unwrap();
    assert_eq!(before.from().start(), at("2026-01-31T11:30:00Z"));
    assert_eq!(before.to(), span.from());
    let even = self::span("2026-01-31T12:00:00Z", "2026-01-31T12:15:00Z");
    assert_eq!(even.length(), QUARTER);
}

#[test]
fn a_span_has_something_in_it() {
    for (from, to) in [
        ("2026-01-31T12:07:00Z", "2026-01-31T12:07:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:08:00Z", "2026-01-31T12:07:00Z"),
        ("2027-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ] {
        assert_eq!(Span::around(at(from), at(to)), None);
    }
    let first = Timestamp::from_millis(i64::MIN);
    assert_eq!(Span::around(first, first.plus(QUARTER)).unwrap().before(), None);
    let last = Timestamp::from_millis(i64::MAX);
    assert!(Span::around(last.minus(QUARTER), last).is_some());
}

#[test]
fn points_without_clicks_are_there_too() {
    let zone: Zone = "Asia/Kathmandu".parse().unwrap();
    let span = span("2026-01-01T00:00:00+05:45", "2026-01-04T00:00:00+05:45");
    let mut series = ClickSeries::new(TimeUnit::Day, &zone, span).unwrap();
    series.add(span.from(), &humans(1));
    series.add(Bucket::of(at("2026-01-01T23:59:59+05:45")), &humans(2));
    series.add(Bucket::of(at("2026-01-03T00:00:00+05:45")), &humans(4));
    let expected = [
        ("2026-01-01T00:00:00.000+05:45", 3),
        ("2026-01-02T00:00:00.000+05:45", 0),
        ("2026-01-03T00:00:00.000+05:45", 4),
    ];
    assert_eq!(points(&series, &zone), expected.map(|(at, people)| (at.to_owned(), people)));
}

/// The clicks of a rolled-up hour are at its start, in India half an hour before midnight.
#[test]
fn clicks_of_an_old_hour_count_where_it_begins() {
    let zone: Zone = "Asia/Kolkata".parse().unwrap();
    let span = span("2026-01-01T00:00:00+05:30", "2026-01-03T00:00:00+05:30");
    let mut series = ClickSeries::new(TimeUnit::Day, &zone, span).unwrap();
    series.add(Bucket::of(at("2026-01-01T18:00:00Z")), &humans(1));
    let people: Vec<u64> = points(&series, &zone).into_iter().map(|(_, people)| people).collect();
    assert_eq!(people, [1, 0]);
}

#[test]
fn days_have_as_many_hours_as_clocks_show() {
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    for (from, to, hours) in [
        ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23),
        ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25),
        ("2026-10-26T00:00:00+01:00", "2026-10-27T00:00:00+01:00", 24),
    ] {
        let span = span(from, to);
        let count = |unit| ClickSeries::new(unit, &zone, span).unwrap().points().count();
        assert_eq!((count(TimeUnit::Hour), count(TimeUnit::Day)), (hours, 1), "{from}");
    }
}

#[test]
fn too_many_points_say_which_unit_makes_fewer() {
    let year = span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let too_many = ClickSeries::new(TimeUnit::Hour, &Zone::UTC, year).unwrap_err();
    assert_eq!(too_many.unit_that_fits, Some(TimeUnit::Day));
    let ages = span("1000-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let too_many = ClickSeries::new(TimeUnit::Day, &Zone::UTC, ages).unwrap_err();
    assert_eq!(too_many.unit_that_fits, None);
    // Exactly the maximum number of points is allowed.
    let hours = |count: usize| Duration::from_hours(u64::try_from(count).unwrap());
    let start = at("2026-01-01T00:00:00Z");
    let exact = Span::around(start, start.plus(hours(POINTS_MAX))).unwrap();
    let series = ClickSeries::new(TimeUnit::Hour, &Zone::UTC, exact).unwrap();
    assert_eq!(series.points().count(), POINTS_MAX);
    let more = Span::around(start, start.plus(hours(POINTS_MAX)).plus(QUARTER)).unwrap();
    ClickSeries::new(TimeUnit::Hour, &Zone::UTC, more).unwrap_err();
}

#[test]
fn hours_of_the_week_are_those_of_the_zone() {
    let mut hours = WeekHours::new("America/New_York".parse().unwrap());
    // Sunday evening in New York, Monday in UTC.
    hours.add(Bucket::of(at("2026-01-05T02:15:00Z")), 3);
    hours.add(Bucket::of(at("2026-01-12T02:45:00Z")), 4);
    let mut expected = [[0; HOURS]; WEEKDAYS];
    expected[6][21] = 7;
    assert_eq!(hours.clicks(), &expected);
}

proptest! {
    /// The points sum up to the buckets, and each bucket is in the one point that contains it.
    #[test]
    fn every_bucket_is_in_exactly_one_point(
        zone in any_zone(),
        unit in any_unit(),
        from in any_time(),
        quarters in 1_u32..9_000,
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0_u64..1_000), 0..50),
    ) {
        let span = Span::around(from, from.plus(QUARTER * quarters)).unwrap();
        let mut series = ClickSeries::new(unit, &zone, span).unwrap();
        let starts: Vec<Timestamp> = series.points().map(|(at, _)| at).collect();
        prop_assert!(starts.is_sorted_by(|one, next| one < next));
        prop_assert!(starts[0] <= span.from().start());
        prop_assert!(starts.get(1).is_none_or(|second| span.from().start() < *second));
        prop_assert!(*starts.last().unwrap() < span.to().start());
        // The point after the last one would begin at the end of the span or later.
        let after = zone.next_unit_start(unit, *starts.last().unwrap()).unwrap();
        prop_assert!(span.to().start() <= after);

        let mut expected = vec![0; starts.len()];
        for (pick, people) in picks {
            let all = usize::try_from(span.length().as_secs() / QUARTER.as_secs()).unwrap();
            let number = u32::try_from(pick.index(all)).unwrap();
            let bucket = Bucket::of(span.from().start().plus(QUARTER * number));
            series.add(bucket, &humans(people));
            let holds = |start: &Timestamp| *start <= bucket.start();
            expected[starts.iter().rposition(holds).unwrap()] += people;
        }
        let found: Vec<u64> = series.points().map(|(_, totals)| totals.human).collect();
        prop_assert_eq!(found, expected);
    }

    /// No day is missing between two points.
    #[test]
    fn days_follow_each_other(zone in any_zone(), from in any_time()) {
        let span = Span::around(from, from.plus(Duration::from_hours(24 * 40))).unwrap();
        let series = ClickSeries::new(TimeUnit::Day, &zone, span).unwrap();
        let days: Vec<_> = series.points().map(|(at, _)| zone.day_of(at)).collect();
        for pair in days.windows(2) {
            let next = zone.start_of(pair[0].next());
            prop_assert!(pair[0] < pair[1] && next == zone.start_of(pair[1]), "{:?}", pair);
        }
    }
}
