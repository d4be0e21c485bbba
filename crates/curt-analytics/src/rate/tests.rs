//! The clicks counted in the last minute, and the time they are averaged over.

use super::*;

#[test]
fn a_rate_is_that_of_the_last_minute() {
    let began = Instant::now();
    let at = |millis| began + Duration::from_millis(millis);
    let mut rate = Rate::begin(began);
    let assert = |rate: &Rate, millis, expected: f64| {
        let found = rate.per_second(at(millis));
        assert!((found - expected).abs() < 1e-9, "{found} clicks a second, not {expected}");
    };
    assert(&rate, 0, 0.0);
    rate.add(at(100), 30);
    assert(&rate, 100, 30.0);
    rate.add(at(1_900), 30);
    rate.add(at(1_950), 0);
    assert(&rate, 2_000, 30.0);
    assert(&rate, 59_999, 60.0 / 59.999);
    assert(&rate, 60_000, 30.0 / 59.0);
    assert(&rate, 61_500, 0.0);

    // An hour at ten batches a second: only the window is kept.
    for batch in 0..36_000 {
        rate.add(at(100_000 + batch * 100), 5);
    }
    assert_eq!(rate.seconds.len(), 60);
    assert(&rate, 3_700_000 - 1, 3_000.0 / 59.999);
    rate.add(at(7_200_000), 0);
    assert_eq!(rate.seconds.len(), 0, "nothing is left of an hour ago");
}

#[test]
fn without_a_drain_nothing_is_counted() {
    let mut rate = Rate::default();
    rate.add(Instant::now(), 7);
    assert!(rate.per_second(Instant::now()) < f64::EPSILON);
}
