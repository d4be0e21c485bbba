//! Times as people write them, up to the limits of the range.

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Result<i64, InvalidTimestamp> {
    text.parse::<Timestamp>().map(Timestamp::as_millis)
}

#[test]
fn times_are_written_in_utc_with_milliseconds() {
    for (millis, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
        (1_709_208_000_120, "2024-02-29T12:00:00.120Z"),
    ] {
        assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        assert_eq!(parsed(text), Ok(millis));
    }
}

#[test]
fn offsets_are_taken_into_account_and_digits_beyond_milliseconds_dropped() {
    assert_eq!(parsed("2026-01-01T02:00:00+02:00"), Ok(1_767_225_600_000));
    assert_eq!(parsed("2025-12-31T18:30:00-05:30"), Ok(1_767_225_600_000));
    assert_eq!(parsed("2026-01-01T00:00:00.0019999Z"), Ok(1_767_225_600_001));
}

#[test]
fn int_01_dates_beyond_what_can_be_kept_are_refused() {
    for text in [
        "9999-12-31",
        "9999-12-30T22:00:00.001Z",
        "9999-12-30T22:00:00.999999999Z",
        "9999-12-31T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "-0001",
        "-0001-01-01T00:00:00Z",
        "-000001-01-01T00:00:00Z",
        "-000000-01-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "20260101T000000Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+01",
        "2026-06-30T23:59:00+01:00[Europe/Berlin]",
        "1767225600",
        "tomorrow",
        "",
    ] {
        assert_eq!(parsed(text), Err(InvalidTimestamp), "{text:?}");
    }
}

#[test]
fn int_01_the_first_and_the_last_time_are_kept_exactly() {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    assert_eq!(first.to_string(), "0000-01-01T00:00:00.000Z");
    assert_eq!(last.to_string(), "9999-12-30T22:00:00.000Z");
    assert_eq!(first.to_string().parse(), Ok(first));
    assert_eq!(last.to_string().parse(), Ok(last));
}

#[test]
fn leap_seconds_count_as_the_second_before() {
    assert_eq!(parsed("2016-12-31T23:59:60Z"), parsed("2016-12-31T23:59:59Z"));
    assert!(parsed("2016-12-31T23:59:60Z").is_ok());
}

#[test]
fn arithmetic_stops_at_the_ends() {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    assert_eq!(last.plus(Duration::from_millis(1)), last);
    assert_eq!(first.minus(Duration::from_millis(1)), first);
    assert_eq!(first.plus(Duration::MAX), last);
    assert_eq!(last.minus(Duration::MAX), first);
    assert_eq!(first.since(last), Duration::ZERO);
    assert!(Duration::from_hours(9_998 * 365 * 24) < last.since(first));
}

#[test]
fn a_manual_clock_moves_only_by_hand_and_its_clones_with_it() {
    let hand = ManualClock::new(Timestamp::from_millis(1_000));
    let clock = Clock::Manual(hand.clone());
    let clone = clock.clone();
    assert_eq!(clock.now(), Timestamp::from_millis(1_000));
    assert_eq!(clock.now(), Timestamp::from_millis(1_000));
    hand.advance(Duration::from_millis(500));
    assert_eq!(clone.now(), Timestamp::from_millis(1_500));
    hand.set(Timestamp::from_millis(7));
    assert_eq!(clock.now(), Timestamp::from_millis(7));
}

#[test]
fn the_systems_clock_is_past_the_day_this_was_written() {
    assert!(Timestamp::from_millis(1_767_225_600_000) < Clock::System.now());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(millis in any::<i64>(), near in -100_000_000_000_000_i64..300_000_000_000_000) {
        for millis in [millis, near] {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), like in "[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[-+][0-9]{2}:[0-9]{2})") {
        for text in [text, like] {
            if let Ok(at) = text.parse::<Timestamp>() {
                prop_assert_eq!(at.to_string().parse(), Ok(at));
            }
        }
    }

    #[test]
    fn since_undoes_plus(millis in 0..100_000_000_000_000_i64, later in 0..100_000_000_000_000_u64) {
        let (at, by) = (Timestamp::from_millis(millis), Duration::from_millis(later));
        prop_assert_eq!(at.plus(by).since(at), by);
        prop_assert_eq!(at.plus(by).minus(by), at);
        prop_assert_eq!(at.since(at.plus(by)), Duration::ZERO);
    }
}

#[test]
fn f11_setting_the_wall_clock_lets_no_time_pass() {
    let hand = ManualClock::new(Timestamp::from_millis(0));
    let clock = Clock::Manual(hand.clone());
    let start = clock.instant();
    hand.set(Timestamp::from_millis(86_400_000));
    assert_eq!(clock.instant(), start);
    hand.advance(Duration::from_secs(5));
    assert_eq!(clock.instant(), start + Duration::from_secs(5));
    assert_eq!(clock.now(), Timestamp::from_millis(86_405_000));
}
