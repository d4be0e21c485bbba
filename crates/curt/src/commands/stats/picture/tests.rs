use super::*;

fn series(unit: &str, people: &[u64]) -> Series {
    let points = people.iter().enumerate().map(|(number, human)| {
        let at = format!("2026-01-{:02}T{:02}:00:00.000Z", 1 + number / 24, number % 24);
        serde_json::json!({ "at": at, "clicks": {
            "total": human, "human": human, "bot": 0, "preview": 0, "prefetch": 0, "suspicious": 0,
        }})
    });
    let points: Vec<_> = points.collect();
    serde_json::from_value(serde_json::json!({ "unit": unit, "points": points })).unwrap()
}

#[test]
fn a_change_is_told_in_percent() {
    assert_eq!(change(112, 100), "+12 % on 100 in as much time before");
    assert_eq!(change(50, 100), "-50 % on 100 in as much time before");
    assert_eq!(change(0, 1), "-100 % on 1 in as much time before");
    assert_eq!(change(5, 0), "none in as much time before");
    assert_eq!(change(u64::MAX, 1), "+1844674407370955161400 % on 1 in as much time before");
}

#[test]
fn whatever_is_not_zero_shows() {
    assert_eq!([0, 1, 2, 500, 1_000].map(|count| scaled(count, 1_000, 8)), [0, 1, 1, 4, 8]);
    assert_eq!(scaled(0, 0, 8), 0);
    assert_eq!(scaled(u64::MAX, u64::MAX, 64), 64);
}

#[test]
fn a_chart_fits_its_terminal_whatever_is_in_it() {
    for len in [1, 2, 7, 36, 37, 38, 39, 40, 80, 500] {
        for most in [0, 1, 9_999_999] {
            let people: Vec<u64> = (0..len).map(|number| most * (number % 3)).collect();
            for width in [40, 80, 200] {
                let chart = chart(&series("hour", &people), width);
                let widest = chart.lines().map(|line| line.chars().count()).max().unwrap();
                assert!(widest <= width, "{len} points, {width} columns:\n{chart}");
                assert!(HEIGHT + 2 <= chart.lines().count());
            }
        }
    }
    assert_eq!(chart(&series("day", &[]), 80), "");
}

#[test]
fn many_points_share_columns() {
    let chart = chart(&series("hour", &[1; 100]), 40);
    assert!(chart.ends_with("a column is 3 hours\n"), "{chart}");
    assert!(chart.starts_with("  3 │██"), "{chart}");
}

#[test]
fn one_is_one() {
    let clicks = Clicks { total: 5, human: 1, bot: 1, preview: 1, prefetch: 1, suspicious: 1 };
    let words = "5 in all: 1 person, 1 bot, 1 preview, 1 prefetch, 1 suspicious";
    assert_eq!(classes(&clicks), words);
    let words =
        "1 click of that time is known to be missing, of whichever links: 1 dropped, 0 lost";
    assert_eq!(missing(&Missing { dropped: 1, lost: 0 }), [words]);
}
