use super::*;

#[test]
fn a_limit_is_a_number_and_a_duration() {
    let limit = |count, secs| Limit::new(count, Duration::from_secs(secs));
    for (text, expected) in [
        ("100/60s", limit(100, 60)),
        ("10 / 1h", limit(10, 3_600)),
        ("1/1s", limit(1, 1)),
        ("10000/24h", limit(10_000, 86_400)),
        ("off", None),
    ] {
        assert_eq!(parse_limit(text), Ok(expected), "{text}");
    }
    for text in
        ["", "100", "0/60s", "10001/60s", "5/0", "5/999ms", "5/25h", "5/60", "-1/60s", "a/b"]
    {
        assert_eq!(parse_limit(text), Err(Rejected::Malformed), "{text}");
    }
}

#[test]
fn the_defaults_are_those_of_the_limits() {
    let default = |setting: &Setting<Option<Limit>>| match setting.about.fallback {
        Fallback::Value(text) => parse_limit(text).unwrap(),
        _ => None,
    };
    let LimitSettings { authenticated, anonymous, registration, login, .. } =
        LimitSettings::DEFAULT;
    let LimitSettings {
        unlock, link_password, link_guess, unknown_code, report, block_after, ..
    } = LimitSettings::DEFAULT;
    assert_eq!(default(&AUTHENTICATED), authenticated);
    assert_eq!(default(&ANONYMOUS), anonymous);
    assert_eq!(default(&REGISTRATION), registration);
    assert_eq!(default(&LOGIN), login);
    assert_eq!(default(&UNLOCKS), unlock);
    assert_eq!(default(&LINK_PASSWORD), link_password);
    assert_eq!(default(&LINK_GUESSES), link_guess);
    assert_eq!(default(&UNKNOWN_CODES), unknown_code);
    assert_eq!(default(&REPORTS), report);
    assert_eq!(default(&BLOCK_AFTER), block_after);
}
