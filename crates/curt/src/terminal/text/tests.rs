use super::*;

#[test]
fn sizes_have_one_digit_behind_the_point() {
    for (bytes, text) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (106_496, "104.0 KiB"),
        ((1 << 20) - 1, "1023.9 KiB"),
        (1 << 20, "1.0 MiB"),
        (5 << 39, "2.5 TiB"),
    ] {
        assert_eq!(size(bytes), text, "{bytes}");
    }
}

#[test]
fn ages_have_the_two_largest_units() {
    for (seconds, text) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h 0 min"),
        (90_000, "1 d 1 h"),
    ] {
        assert_eq!(age(Duration::from_secs(seconds)), text);
    }
}

#[test]
fn checksums_are_hexadecimal() {
    assert_eq!(hex(&[0x00, 0x0f, 0xa0]), "000fa0");
}
