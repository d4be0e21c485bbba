//! Patterns and the matcher, compared with a model that checks every pattern in turn.

use proptest::prelude::*;
use url::Url;

use super::*;

fn pattern(text: &str) -> TargetPattern {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn list<'a>(patterns: impl IntoIterator<Item = &'a str>) -> TargetPatterns {
    let mut builder = TargetPatternsBuilder::default();
    for text in patterns {
        builder.add(&pattern(text)).unwrap();
    }
    builder.build()
}

fn target(text: &str) -> TargetUrl {
    TargetUrl::from_stored(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn found(list: &TargetPatterns, text: &str) -> Option<String> {
    list.find(&target(text)).map(|pattern| pattern.to_string())
}

#[test]
fn patterns_have_one_way_to_be_written() {
    for (given, kind, text) in [
        ("evil.example", PatternKind::Host, "evil.example"),
        (" EVIL.Example. ", PatternKind::Host, "evil.example"),
        ("https://evil.example/", PatternKind::Host, "evil.example"),
        ("http://evil.example:443", PatternKind::Host, "evil.example"),
        ("аррӏе.com", PatternKind::Host, "xn--80ak6aa92e.com"),
        ("0x7f.1", PatternKind::Host, "127.0.0.1"),
        ("::ffff:192.0.2.1", PatternKind::Host, "192.0.2.1"),
        ("2001:DB8::1", PatternKind::Host, "[2001:db8::1]"),
        ("[2001:db8:0::1]", PatternKind::Host, "[2001:db8::1]"),
        ("*.Evil.example", PatternKind::Suffix, "*.evil.example"),
        ("*.zip", PatternKind::Suffix, "*.zip"),
        ("evil.example/login", PatternKind::Prefix, "evil.example/login"),
        ("http://evil.example/login#x", PatternKind::Prefix, "evil.example/login"),
        ("evil.example:8080", PatternKind::Prefix, "evil.example:8080/"),
        ("https://evil.example/a?b=c", PatternKind::Prefix, "evil.example/a?b=c"),
        ("https://[2001:db8::1]:81/a", PatternKind::Prefix, "[2001:db8::1]:81/a"),
    ] {
        let parsed = pattern(given);
        assert_eq!((parsed.kind(), parsed.as_str()), (kind, text), "{given}");
        assert_eq!(pattern(parsed.as_str()), parsed, "{given}");
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    for text in [
        "",
        " ",
        ".",
        "*",
        "*.",
        "*.*.example",
        "*.192.0.2.1",
        "*.7",
        "..",
        "a..example",
        ".example",
        "ftp://evil.example/",
        "https://user@evil.example/",
        "javascript:alert(1)",
        "a b",
        "a\nb",
        "||evil.example^",
        "/path",
        "https://",
        "evil.example:port/",
    ] {
        assert_eq!(text.parse::<TargetPattern>(), Err(InvalidPattern::Malformed), "{text:?}");
    }
    let long = format!("{}.example", "a".repeat(250));
    assert_eq!(long.parse::<TargetPattern>(), Err(InvalidPattern::Malformed));
    let long = format!("evil.example/{}", "a".repeat(PATTERN_LEN_MAX));
    assert_eq!(long.parse::<TargetPattern>(), Err(InvalidPattern::TooLong));
    // Too long before normalising, even if the result would be short.
    let zeros = format!("{}1.0.0.0", "0".repeat(PATTERN_LEN_MAX - 6));
    assert_eq!(zeros.parse::<TargetPattern>(), Err(InvalidPattern::TooLong));
    assert!(zeros[1..].parse::<TargetPattern>().is_ok(), "one digit less");
    let endless = "a".repeat(1 << 20);
    assert_eq!(endless.parse::<TargetPattern>(), Err(InvalidPattern::TooLong));
}

#[test]
fn phish_01_hosts_suffixes_prefixes_and_addresses_are_found() {
    let list = list([
        "evil.example",
        "*.bad.example",
        "shop.example/login",
        "port.example:8080/x",
        "192.0.2.1",
        "2001:db8::1",
    ]);
    for (text, by) in [
        ("https://evil.example/any?thing", Some("evil.example")),
        ("http://evil.example:8080/", Some("evil.example")),
        ("https://www.evil.example/", None),
        ("https://notevil.example/", None),
        ("https://bad.example/", Some("*.bad.example")),
        ("https://a.b.bad.example/", Some("*.bad.example")),
        ("https://notbad.example/", None),
        ("https://shop.example/", None),
        ("https://shop.example/login.php", Some("shop.example/login")),
        ("http://shop.example:81/login", Some("shop.example/login")),
        ("https://shop.example/%6C%6fgin", Some("shop.example/login")),
        ("https://shop.example/x/../login", Some("shop.example/login")),
        ("https://shop.example/Login", None),
        ("https://port.example/x", None),
        ("https://port.example:8080/xy", Some("port.example:8080/x")),
        ("http://192.0.2.1/", Some("192.0.2.1")),
        ("http://3221225985/", Some("192.0.2.1")),
        ("http://[::ffff:c000:201]/", Some("192.0.2.1")),
        ("http://[2001:db8:0:0::1]:8080/", Some("[2001:db8::1]")),
        ("http://[2001:db8::2]/", None),
    ] {
        assert_eq!(found(&list, text).as_deref(), by, "{text}");
    }
}

#[test]
fn url_10_a_host_is_the_same_in_its_own_letters_and_in_punycode() {
    for spelling in ["аррӏе.com", "xn--80ak6aa92e.com"] {
        let list = list([spelling]);
        assert!(found(&list, "https://аррӏе.com/").is_some());
        assert!(found(&list, "https://xn--80ak6aa92e.com/").is_some());
        assert_eq!(found(&list, "https://apple.com/"), None);
    }
}

#[test]
fn url_11_no_disguise_of_a_host_passes() {
    let list = list(["example.com"]);
    for text in [
        "https://exa\u{ad}mple.com/",
        "http://ex%41mple.com/",
        "https://EXAMPLE.com:443/",
        "https://example.com./",
        "https:\\\\example.com\\x",
        "https://ＥＸＡＭＰＬＥ.com/",
        "https://example。com/",
    ] {
        assert_eq!(found(&list, text).as_deref(), Some("example.com"), "{text}");
    }
}

#[test]
fn an_empty_list_blocks_nothing_and_repetition_adds_nothing() {
    assert!(TargetPatterns::default().is_empty());
    assert_eq!(found(&TargetPatterns::default(), "https://example.com/"), None);
    let list = list(["a.example", "a.example.", "b.example/x", "b.example/xy", "b.example/%78"]);
    assert_eq!((list.len(), list.is_empty()), (2, false));
}

#[test]
fn links_of_a_pattern_are_found_by_the_beginning_of_their_reversed_host() {
    for (text, reversed) in [
        ("www.evil.example", "example.evil.www."),
        ("*.evil.example", "example.evil."),
        ("evil.example:81/x", "example.evil."),
        ("[2001:db8::1]:81/x", "2001:db8::1"),
        ("192.0.2.1/x", "192.0.2.1"),
    ] {
        assert_eq!(pattern(text).reversed_host(), reversed, "{text}");
    }
}

/// Checks one pattern, using only the URL parser on both sides.
fn model(pattern: &str, target: &TargetUrl) -> bool {
    let url = Url::parse(target.as_str()).unwrap();
    let host = url.host_str().unwrap().trim_end_matches('.').to_owned();
    if let Some(suffix) = pattern.strip_prefix("*.") {
        return host == suffix || host.ends_with(&format!(".{suffix}"));
    }
    match pattern.split_once('/') {
        None => host == pattern,
        Some((place, path)) => {
            let has_port = url.port().is_some_and(|port| place == format!("{host}:{port}"));
            let rest = &url[url::Position::BeforePath..url::Position::AfterQuery];
            (place == host || has_port) && rest[1..].starts_with(path)
        }
    }
}

fn hosts() -> impl Strategy<Value = String> {
    "[ab]{1,2}(\\.[ab]{1,2}){0,3}\\.x"
}

fn patterns() -> impl Strategy<Value = String> {
    prop_oneof![
        hosts(),
        hosts().prop_map(|host| format!("*.{host}")),
        (hosts(), "(:8[01])?", "[ab]{1,3}").prop_map(|(host, port, path)| {
            let port = port.replace(":80", "");
            format!("{host}{port}/{path}")
        }),
    ]
}

proptest! {
    #[test]
    fn the_list_finds_what_one_of_its_patterns_blocks(
        patterns in prop::collection::vec(patterns(), 0..20),
        host in hosts(),
        end in "\\.?(:81)?/[ab]{0,4}(\\?a)?(#b)?",
    ) {
        let target = target(&format!("http://{host}{end}"));
        let list = list(patterns.iter().map(String::as_str));
        let expected = patterns.iter().any(|pattern| model(pattern, &target));
        let found = list.find(&target);
        prop_assert_eq!(found.is_some(), expected, "{:?} {:?}", target, patterns);
        if let Some(found) = found {
            prop_assert!(model(found.as_str(), &target), "{:?}", found);
        }
    }

    #[test]
    fn a_target_is_taken_apart_as_the_parser_does_it(
        text in "https?://([a-z0-9.-]{1,20}|\\[::[0-9a-f]{1,4}\\])(:[0-9]{1,4})?(/[ -~]{0,20})?"
    ) {
        let Ok(target) = TargetUrl::from_stored(&text) else { return Ok(()) };
        let url = Url::parse(target.as_str()).unwrap();
        let place = target.place();
        let port = url.port().map(|port| port.to_string());
        prop_assert_eq!(place.port, port.as_deref());
        prop_assert_eq!(place.rest, &url[url::Position::BeforePath..url::Position::AfterQuery]);
        let host = crate::targets::canonical_host(url.host().unwrap().to_owned()).to_string();
        prop_assert_eq!(place.host, host.trim_end_matches('.'));
    }

    #[test]
    fn a_pattern_that_is_parsed_again_is_the_same(text in "(\\*\\.)?[a-zA-Z0-9.:/%\\[\\]-]{0,20}") {
        if let Ok(pattern) = text.parse::<TargetPattern>() {
            prop_assert_eq!(pattern.as_str().parse::<TargetPattern>(), Ok(pattern));
        }
    }
}
