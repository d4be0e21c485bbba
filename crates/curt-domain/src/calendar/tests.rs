//! Days and hours where clocks change, and where they are not a whole hour off UTC.

use jiff::tz;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The starts of `count` units, beginning with the unit of the time, in the zone's local time.
fn units(unit: TimeUnit, name: &str, from: &str, count: usize) -> Vec<String> {
    let zone = zone(name);
    let first = zone.unit_start(unit, at(from));
    let next = |start: &Timestamp| zone.next_unit_start(unit, *start);
    std::iter::successors(Some(first), next).take(count).map(|at| zone.write(at)).collect()
}

fn minutes(zone: &Zone, of: &str) -> u64 {
    let day = day(of);
    zone.start_of(day.next()).since(zone.start_of(day)).as_secs() / 60
}

#[test]
fn days_are_as_long_as_clocks_make_them() {
    for (name, date, expected) in [
        ("UTC", "2026-03-29", 24 * 60),
        ("Europe/Berlin", "2026-03-28", 24 * 60),
        ("Europe/Berlin", "2026-03-29", 23 * 60),
        ("Europe/Berlin", "2026-10-25", 25 * 60),
        ("America/New_York", "2026-03-08", 23 * 60),
        ("America/New_York", "2026-11-01", 25 * 60),
        ("Australia/Lord_Howe", "2026-04-05", 24 * 60 + 30),
        ("Australia/Lord_Howe", "2026-10-04", 24 * 60 - 30),
        ("Asia/Kolkata", "2026-03-29", 24 * 60),
        // Clocks go from 24:00 to 01:00, and from 24:00 back to 23:00.
        ("Africa/Cairo", "2026-04-24", 23 * 60),
        ("Africa/Cairo", "2026-10-29", 25 * 60),
        // Samoa skipped this day when it crossed the date line.
        ("Pacific/Apia", "2011-12-30", 0),
        ("Pacific/Apia", "2011-12-29", 24 * 60),
        // From 23:30 to 00:30, so the day began half an hour late.
        ("America/Toronto", "1919-03-31", 23 * 60 + 30),
    ] {
        assert_eq!(minutes(&zone(name), date), expected, "{name} {date}");
    }
}

#[test]
fn a_day_begins_when_the_clock_first_shows_it() {
    for (name, date, start) in [
        ("UTC", "2026-03-29", "2026-03-29T00:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00.000+01:00"),
        ("Europe/Berlin", "2026-03-30", "2026-03-30T00:00:00.000+02:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00.000+03:00"),
        ("Asia/Kathmandu", "2026-01-01", "2026-01-01T00:00:00.000+05:45"),
        ("America/St_Johns", "2026-01-01", "2026-01-01T00:00:00.000-03:30"),
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00.000+14:00"),
        ("America/Toronto", "1919-03-31", "1919-03-31T00:30:00.000-04:00"),
    ] {
        let zone = zone(name);
        let first = zone.start_of(day(date));
        assert_eq!(zone.write(first), start, "{name}");
        let before = Timestamp::from_millis(first.as_millis() - 1);
        assert!(zone.day_of(before) < zone.day_of(first), "{name}");
    }
}

#[test]
fn hours_are_those_of_the_clock_on_the_wall() {
    let berlin = units(TimeUnit::Hour, "Europe/Berlin", "2026-03-29T00:10:00Z", 3);
    assert_eq!(
        berlin,
        [
            "2026-03-29T01:00:00.000+01:00",
            "2026-03-29T03:00:00.000+02:00",
            "2026-03-29T04:00:00.000+02:00",
        ]
    );
    let back = units(TimeUnit::Hour, "Europe/Berlin", "2026-10-25T00:00:00Z", 3);
    assert_eq!(
        back,
        [
            "2026-10-25T02:00:00.000+02:00",
            "2026-10-25T02:00:00.000+01:00",
            "2026-10-25T03:00:00.000+01:00",
        ]
    );
    let india = units(TimeUnit::Hour, "Asia/Kolkata", "2026-01-01T00:00:00Z", 2);
    assert_eq!(india, ["2026-01-01T05:00:00.000+05:30", "2026-01-01T06:00:00.000+05:30"]);
    // Half an hour back: the clock shows half past one twice.
    let howe = units(TimeUnit::Hour, "Australia/Lord_Howe", "2026-04-04T14:20:00Z", 3);
    assert_eq!(
        howe,
        [
            "2026-04-05T01:00:00.000+11:00",
            "2026-04-05T01:30:00.000+10:30",
            "2026-04-05T02:00:00.000+10:30",
        ]
    );
    let within = units(TimeUnit::Hour, "Australia/Lord_Howe", "2026-04-04T15:20:00Z", 1);
    assert_eq!(within, ["2026-04-05T01:30:00.000+10:30"]);
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    let weeks = units(TimeUnit::Week, "Europe/Berlin", "2026-03-25T12:00:00Z", 3);
    assert_eq!(
        weeks,
        [
            "2026-03-23T00:00:00.000+01:00",
            "2026-03-30T00:00:00.000+02:00",
            "2026-04-06T00:00:00.000+02:00",
        ]
    );
    let months = units(TimeUnit::Month, "America/New_York", "2026-01-01T00:00:00Z", 3);
    assert_eq!(
        months,
        [
            "2025-12-01T00:00:00.000-05:00",
            "2026-01-01T00:00:00.000-05:00",
            "2026-02-01T00:00:00.000-05:00",
        ]
    );
}

#[test]
fn a_day_that_was_left_out_is_no_point() {
    let samoa = units(TimeUnit::Day, "Pacific/Apia", "2011-12-29T20:00:00Z", 3);
    assert_eq!(
        samoa,
        [
            "2011-12-29T00:00:00.000-10:00",
            "2011-12-31T00:00:00.000+14:00",
            "2012-01-01T00:00:00.000+14:00",
        ]
    );
}

#[test]
fn the_week_begins_on_monday_at_midnight() {
    assert_eq!(zone("UTC").weekday_and_hour(at("2026-01-05T00:00:00Z")), (0, 0));
    assert_eq!(zone("UTC").weekday_and_hour(at("2026-01-04T23:59:59Z")), (6, 23));
    assert_eq!(zone("Asia/Kathmandu").weekday_and_hour(at("2026-01-04T18:15:00Z")), (0, 0));
}

#[test]
fn names_are_found_in_any_case_and_guessed_where_they_are_wrong() {
    assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
    assert_eq!(zone("utc"), Zone::UTC);
    for (wrong, meant) in [
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Europe/Berln", "Europe/Berlin"),
        ("Europa/Berlin", "Europe/Berlin"),
        ("America/NewYork", "America/New_York"),
        ("Asia/Calcuta", "Asia/Calcutta"),
    ] {
        let error = wrong.parse::<Zone>().unwrap_err();
        assert_eq!(error.likely.as_deref(), Some(meant), "{wrong}");
    }
    for wrong in ["", "x", "+02:00", "Mars/Olympus_Mons", &"Berlin".repeat(1_000), "../etc/passwd"]
    {
        assert_eq!(wrong.parse::<Zone>(), Err(UnknownZone { likely: None }), "{wrong}");
    }
    let told = "Berlin".parse::<Zone>().unwrap_err().to_string();
    let words = "not a time zone of the IANA database, such as Europe/Berlin; \
                 did you mean Europe/Berlin?";
    assert_eq!(told, words);
}

#[test]
fn a_date_is_a_date_and_nothing_more() {
    assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    assert_eq!(day("2024-02-29").minus(366).to_string(), "2023-02-28");
    for wrong in [
        "",
        "2026-02-29",
        "2026-1-1",
        "20260131",
        "2026-01-31T00:00:00Z",
        "2026-01-31 ",
        "-000001-01",
    ] {
        assert_eq!(wrong.parse::<Day>(), Err(InvalidDay), "{wrong}");
    }
}

#[test]
fn the_ends_of_the_calendar_are_no_fault() {
    for name in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"] {
        let zone = zone(name);
        for unit in TimeUnit::ALL {
            for millis in [i64::MIN, i64::MAX] {
                let edge = Timestamp::from_millis(millis);
                let start = zone.unit_start(unit, edge);
                assert!(start <= edge, "{name} {unit:?}");
                assert!(zone.next_unit_start(unit, start).is_none_or(|next| start < next));
            }
        }
        let (first, last) = (day("0000-01-01"), day("9999-12-31"));
        assert!(zone.start_of(first.minus(9_999)) <= zone.start_of(first));
        assert!(zone.start_of(last) <= zone.start_of(last.next()));
    }
}

/// Any zone of the database.
pub(crate) fn any_zone() -> impl Strategy<Value = Zone> {
    let names: Vec<_> = tz::db().available().map(|name| name.as_str().to_owned()).collect();
    prop::sample::select(names).prop_map(|name| name.parse().unwrap())
}

pub(crate) fn any_unit() -> impl Strategy<Value = TimeUnit> {
    prop::sample::select(&TimeUnit::ALL[..])
}

/// From 1880, when most places had local times, to 2060.
pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
    (-2_840_140_800_000_i64..2_840_140_800_000).prop_map(Timestamp::from_millis)
}

proptest! {
    #[test]
    fn every_moment_is_in_a_unit_that_another_follows(
        zone in any_zone(),
        unit in any_unit(),
        time in any_time(),
    ) {
        let start = zone.unit_start(unit, time);
        let next = zone.next_unit_start(unit, start).unwrap();
        prop_assert!(start <= time && start < next);
        let longest = match unit {
            TimeUnit::Hour => 1,
            // Where a place crossed the date line eastwards, a day happened twice.
            TimeUnit::Day => 48,
            TimeUnit::Week => 8 * 24,
            TimeUnit::Month => 32 * 24,
        };
        prop_assert!(next.since(start).as_secs() <= longest * 60 * 60);
        // The start of a unit is in that unit.
        prop_assert_eq!(zone.unit_start(unit, start), start);
    }

    #[test]
    fn any_text_is_a_zone_or_none(text in any::<String>()) {
        let zone = text.parse::<Zone>();
        prop_assert!(zone.is_err() || zone.unwrap().name().eq_ignore_ascii_case(&text));
        prop_assert!(text.parse::<Day>().is_err() || text.len() == 10);
    }
}
