use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_bucket_begins_with_its_quarter_of_an_hour() {
    for (time, start) in [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:14:59.999Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:15:00Z", "2026-01-31T12:15:00Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:45:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ] {
        assert_eq!(Bucket::of(at(time)).start(), at(start), "{time}");
    }
    let bucket = Bucket::of(at("1969-12-31T23:59:00Z"));
    assert_eq!(bucket.first_of_hour().start(), at("1969-12-31T23:00:00Z"));
}

#[test]
fn each_class_has_a_count_of_its_own() {
    let mut totals = ClickTotals::default();
    for (times, class) in (1..).zip(ClickClass::ALL) {
        for _ in 0..times {
            totals.count(class);
        }
    }
    let once = ClickTotals { human: 1, bot: 2, preview: 3, prefetch: 4, suspicious: 5 };
    assert_eq!(totals, once);
    let mut twice = totals;
    twice.add(&totals);
    let expected = ClickTotals { human: 2, bot: 4, preview: 6, prefetch: 8, suspicious: 10 };
    assert_eq!(twice, expected);
    assert_eq!(twice.total(), 30);
}

#[test]
fn a_query_is_read_for_what_is_kept_of_it() {
    assert_eq!(ClickQuery::of(""), ClickQuery::default());
    assert_eq!(ClickQuery::of("a=b&qr").source, ClickSource::Qr);
    assert_eq!(ClickQuery::of("qr=").source, ClickSource::Qr);
    assert_eq!(ClickQuery::of("a=qr&qrs&QR").source, ClickSource::Link);
    let full = "utm_source=a&utm_medium=b%20c&x=y&utm_campaign=d=e&utm_term=&utm_content=f&qr";
    let expected = ClickQuery {
        source: ClickSource::Qr,
        utm_source: b"a",
        utm_medium: b"b%20c",
        utm_campaign: b"d=e",
        utm_term: b"",
        utm_content: b"f",
    };
    assert_eq!(ClickQuery::of(full), expected);
    assert_eq!(ClickQuery::of("utm_source=&utm_source=a&utm_source=b").utm_source, b"a");
}

proptest! {
    #[test]
    fn a_bucket_holds_its_time(millis in any::<i64>()) {
        let time = Timestamp::from_millis(millis);
        let bucket = Bucket::of(time);
        prop_assert!(bucket.start() <= time);
        prop_assert!(time.since(bucket.start()).as_millis() < 15 * 60 * 1_000);
        prop_assert_eq!(Bucket::of(bucket.start()), bucket);
        let first = bucket.first_of_hour();
        prop_assert_eq!(first.first_of_hour(), first);
        prop_assert!(first <= bucket);
    }

    #[test]
    fn any_query_is_read(query in any::<String>()) {
        ClickQuery::of(&query);
    }
}
