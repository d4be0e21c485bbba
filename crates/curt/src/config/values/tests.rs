use super::*;

#[test]
fn sizes_are_read_with_both_kinds_of_units() {
    for (text, expected) in [
        ("0", 0),
        ("4096", 4_096),
        ("64KB", 64_000),
        ("64KiB", 65_536),
        ("128MiB", 134_217_728),
        ("128 MiB", 134_217_728),
        ("1GB", 1_000_000_000),
        ("1TiB", 1 << 40),
    ] {
        assert_eq!(bytes(text, 0..=u64::MAX), Ok(expected), "{text}");
    }
    for text in ["", "MiB", "-1", "1.5MiB", "128mib", "1PB", "99999999999999999999", "1 2"] {
        assert_eq!(bytes(text, 0..=u64::MAX), Err(Rejected::Malformed), "{text}");
    }
    assert_eq!(bytes("18446744073709551615KiB", 0..=u64::MAX), Err(Rejected::Malformed));
}

#[test]
fn durations_need_a_unit_and_stay_in_their_range() {
    let day = Duration::ZERO..=Duration::from_hours(24);
    for (text, expected) in [
        ("0", Duration::ZERO),
        ("200ms", Duration::from_millis(200)),
        ("10s", Duration::from_secs(10)),
        ("5m", Duration::from_mins(5)),
        ("24h", Duration::from_hours(24)),
        ("1d", Duration::from_hours(24)),
    ] {
        assert_eq!(duration(text, day.clone()), Ok(expected), "{text}");
    }
    for text in ["", "s", "10", "1.5h", "1h30m", "-1s", "25h", "18446744073709551615d"] {
        assert_eq!(duration(text, day.clone()), Err(Rejected::Malformed), "{text}");
    }
}

#[test]
fn numbers_and_words_outside_their_set_are_refused() {
    assert_eq!(whole("4", 4..=16), Ok(4));
    assert_eq!(whole("16", 4..=16), Ok(16));
    for text in ["3", "17", "", "seven", "7.0"] {
        assert_eq!(whole(text, 4..=16), Err(Rejected::Malformed), "{text}");
    }
    assert_eq!(boolean("true"), Ok(true));
    assert_eq!(boolean("yes"), Err(Rejected::Malformed));
    assert_eq!(one_of("b", &[("a", 1), ("b", 2)]), Ok(2));
    assert_eq!(one_of("B", &[("a", 1), ("b", 2)]), Err(Rejected::Malformed));
}
