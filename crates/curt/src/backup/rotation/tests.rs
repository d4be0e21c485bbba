use super::*;

const KEEP: Keep = Keep { days: 7, weeks: 4 };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What remains of `count` backups, each `step` after the one before, newest last.
fn left(count: u32, step: Duration, keep: Keep) -> Vec<Timestamp> {
    let mut kept = Vec::new();
    let mut now = at("2026-01-01T03:00:00Z");
    for _ in 0..count {
        kept.insert(0, now);
        let gone = surplus(&kept, keep);
        kept.retain(|at| !gone.contains(at));
        assert_eq!(kept[0], now, "the newest stays");
        now = now.plus(step);
    }
    kept
}

#[test]
fn a_week_of_days_and_a_month_of_weeks_stay() {
    let left = left(60, DAY, KEEP);
    // The last backup is of 1 March, a Sunday.
    let days = ["03-01", "02-28", "02-27", "02-26", "02-25", "02-24", "02-23"];
    let sundays_before = ["02-22", "02-15", "02-08"];
    let expected: Vec<Timestamp> = days
        .iter()
        .chain(&sundays_before)
        .map(|day| at(&format!("2026-{day}T03:00:00Z")))
        .collect();
    assert_eq!(left, expected);
}

#[test]
fn with_a_short_interval_the_last_day_stays_whole() {
    let left = left(24 * 14, Duration::from_hours(1), Keep { days: 2, weeks: 0 });
    let newest = left[0];
    assert_eq!(left.iter().filter(|at| newest.since(**at) < DAY).count(), 24);
    assert_eq!(left.len(), 24, "the newest of yesterday is among them");
}

#[test]
fn pauses_cost_nothing() {
    let left = left(7, Duration::from_hours(24 * 40), KEEP);
    assert_eq!(left.len(), 7);
}

#[test]
fn a_single_day_keeps_the_newest() {
    let made = [at("2026-05-02T00:00:00Z"), at("2026-05-01T00:00:00Z")];
    assert_eq!(surplus(&made, Keep { days: 1, weeks: 0 }), [made[1]]);
    assert_eq!(surplus(&made[..1], Keep { days: 1, weeks: 0 }), []);
    assert_eq!(surplus(&[], KEEP), []);
}

#[test]
fn times_before_the_epoch_are_days_too() {
    let made = [at("1969-12-31T23:00:00Z"), at("1969-12-30T22:00:00Z"), at("1969-12-30T21:00:00Z")];
    assert_eq!(surplus(&made, Keep { days: 2, weeks: 0 }), [made[2]]);
}
