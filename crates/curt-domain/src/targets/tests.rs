//! Targets as attackers and people write them: the tables `URL-*`, `LOOP-*` and `REDIR-*`.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<TargetUrl, InvalidTarget> {
    TargetUrl::parse(text, &TargetRules::default())
}

fn parsed(text: &str) -> String {
    parse(text).unwrap_or_else(|error| panic!("{text:?} {error}")).as_str().to_owned()
}

fn own(urls: &[&str]) -> TargetRules {
    let urls: Vec<Url> = urls.iter().map(|url| url.parse().unwrap()).collect();
    TargetRules::new(&urls)
}

fn is_own(text: &str, rules: &TargetRules) -> bool {
    match TargetUrl::parse(text, rules) {
        Ok(_) => false,
        Err(InvalidTarget::SelfRedirect) => true,
        Err(other) => panic!("{text:?} {other}"),
    }
}

#[test]
fn url_01_scripts_are_refused_however_they_are_written() {
    for text in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\u{1}javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\r\nscript:alert(1)",
        "javascript://example.com/%0aalert(1)",
    ] {
        let scheme = "javascript".to_owned();
        assert_eq!(parse(text), Err(InvalidTarget::UnsupportedScheme { scheme }), "{text:?}");
    }
}

#[test]
fn url_02_only_http_and_https_are_followed() {
    for text in [
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "blob:https://a/b",
        "file:///etc/passwd",
        "intent://x#Intent;scheme=http;end",
        "about:blank",
        "view-source:https://example.com/",
        "ftp://example.com/",
        "ws://example.com/",
        "gopher://example.com/",
        "mailto:a@example.com",
        "httpss://example.com/",
        "x-http://example.com/",
    ] {
        let refused = matches!(parse(text), Err(InvalidTarget::UnsupportedScheme { .. }));
        assert!(refused, "{text:?}: {:?}", parse(text));
    }
    assert_eq!(parsed("HTTPS://example.com/"), "https://example.com/");
    assert_eq!(parsed("http://example.com"), "http://example.com/");
}

#[test]
fn url_03_targets_are_absolute() {
    for text in
        ["//evil.example/x", "/relative", "https://", "https:", "", " ", "example.com", "?a", "#a"]
    {
        let refused = matches!(parse(text), Err(InvalidTarget::Malformed { .. }));
        assert!(refused, "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn url_04_slashes_are_read_as_browsers_read_them() {
    assert_eq!(parsed("https:evil.example"), "https://evil.example/");
    assert_eq!(parsed("https:/evil.example"), "https://evil.example/");
    assert_eq!(parsed("https:\\\\evil.example\\x"), "https://evil.example/x");
    assert_eq!(parsed("https:////evil.example/x"), "https://evil.example/x");
}

#[test]
fn url_05_names_and_passwords_are_refused() {
    for text in [
        "https://user:pass@evil.example/",
        "https://good.example@evil.example/",
        "https://:pass@evil.example/",
        "https://good.example%2F@evil.example/",
        "https://a@b@evil.example/",
    ] {
        assert_eq!(parse(text), Err(InvalidTarget::UserinfoNotAllowed), "{text:?}");
    }
    // An empty name before the @ is no user; the browser goes to the same host either way.
    assert_eq!(parsed("https://@example.com/"), "https://example.com/");
    assert_eq!(parsed("https://example.com/@user"), "https://example.com/@user");
}

#[test]
fn url_06_the_host_is_what_the_parser_says() {
    let target = parse("https://good.example\\@evil.example/").unwrap();
    assert_eq!(target.host(), "good.example");
    assert_eq!(target.as_str(), "https://good.example/@evil.example/");
}

#[test]
fn url_07_line_breaks_disappear() {
    let target = parsed("https://example.com/a\r\nSet-Cookie: x=1");
    assert_eq!(target, "https://example.com/aSet-Cookie:%20x=1");
}

#[test]
fn url_08_encoded_line_breaks_stay_encoded() {
    let target = "https://example.com/%0d%0aSet-Cookie:x=1";
    assert_eq!(parsed(target), target);
}

#[test]
fn url_09_hosts_that_are_none_are_refused() {
    for text in [
        "http://example.com\r\nX: 1/",
        "http://a b/",
        "http://exa%00mple.com/",
        "http://exa\0mple.com/",
        "http://example.com:99999/",
        "http://example.com:http/",
        "http://exa<mple.com/",
        "http://1.2.3.256/",
        "http://[::1/",
        "http://./",
        "http://../",
    ] {
        let refused = matches!(parse(text), Err(InvalidTarget::Malformed { .. }));
        assert!(refused, "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn url_10_foreign_letters_become_punycode() {
    for text in ["https://аррӏе.com/", "https://xn--80ak6aa92e.com/"] {
        let target = parse(text).unwrap();
        assert_eq!(target.as_str(), "https://xn--80ak6aa92e.com/");
        assert_eq!(target.host(), "xn--80ak6aa92e.com");
    }
}

#[test]
fn url_11_one_host_has_one_name() {
    for text in [
        "https://exa\u{ad}mple.com/",
        "http://ex%41mple.com/",
        "https://EXAMPLE.com:443/",
        "https://example.com./",
        "https://ｅｘａｍｐｌｅ.com/",
        "https://example。com/",
    ] {
        let target = parse(text).unwrap();
        assert_eq!(target.host(), "example.com", "{text:?}");
        assert_eq!(target.reversed_host(), "com.example.", "{text:?}");
        assert!(is_own(text, &own(&["https://example.com/"])), "{text:?}");
    }
}

#[test]
fn url_12_broken_punycode_is_refused() {
    for text in ["https://xn--example-.com/", "https://xn--a.com/", "https://xn--/"] {
        let refused = matches!(parse(text), Err(InvalidTarget::Malformed { .. }));
        assert!(refused, "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn url_13_letters_that_turn_the_text_around_are_encoded() {
    assert_eq!(
        parsed("https://example.com/\u{202e}txt.exe"),
        "https://example.com/%E2%80%AEtxt.exe"
    );
}

#[test]
fn url_14_targets_have_at_most_2048_bytes() {
    let base = "https://example.com/";
    let of_len = |len: usize| format!("{base}{}", "a".repeat(len - base.len()));
    assert_eq!(parsed(&of_len(TARGET_LEN_MAX)).len(), 2_048);
    for len in [TARGET_LEN_MAX + 1, RAW_LEN_MAX, RAW_LEN_MAX + 1, 1 << 20] {
        assert_eq!(parse(&of_len(len)), Err(InvalidTarget::TooLong), "{len}");
    }
    // Measured after normalising: a snowman becomes nine bytes, a line break none.
    let snowmen = |count| format!("{base}{}", "☃".repeat(count));
    assert_eq!(parsed(&snowmen(225)).len(), base.len() + 225 * 9);
    assert_eq!(parse(&snowmen(226)), Err(InvalidTarget::TooLong));
    assert_eq!(parsed(&format!("{base}{}a", "\n".repeat(3_000))), format!("{base}a"));
}

#[test]
fn loop_01_own_domains_are_refused_in_every_spelling() {
    let rules = own(&["https://go.example.com/", "https://bücher.example/"]);
    for text in [
        "https://go.example.com/abc",
        "http://go.example.com/abc",
        "https://go.example.com./abc",
        "https://go.example.com../abc",
        "https://go.example.com:443/abc",
        "https://go.example.com:8443/abc",
        "https://GO.Example.COM/abc",
        "https://go.ex%61mple.com/abc",
        "https:go.example.com",
        "https://bücher.example/",
        "https://BÜCHER.example/",
        "https://xn--bcher-kva.example/",
    ] {
        assert!(is_own(text, &rules), "{text}");
    }
    for text in [
        "https://example.com/",
        "https://go.example.com.evil.example/",
        "https://www.go.example.com/",
        "https://nogo.example.com/",
        "https://other.example/?next=https://go.example.com/",
        "https://bucher.example/",
    ] {
        assert!(!is_own(text, &rules), "{text}");
    }
}

#[test]
fn loop_01_an_own_address_is_refused_in_every_spelling() {
    let rules = own(&["http://203.0.113.5:8080/"]);
    for text in [
        "http://203.0.113.5/",
        "http://203.0.113.5:8080/",
        "http://203.0.113.5./",
        "http://0xcb.0.0x71.5/",
        "http://3405803781/",
        "http://[::ffff:203.0.113.5]/",
        "http://[::ffff:cb00:7105]/",
    ] {
        assert!(is_own(text, &rules), "{text}");
    }
    assert!(!is_own("http://203.0.113.6/", &rules));
}

#[test]
fn loop_01_on_this_machine_the_port_tells_who_is_meant() {
    for public_url in ["http://localhost:8000/", "http://127.0.0.1:8000/", "http://[::1]:8000/"] {
        let rules = own(&[public_url]);
        for text in [
            "http://localhost:8000/abc",
            "http://LOCALHOST.:8000/abc",
            "http://127.0.0.1:8000/abc",
            "http://127.1:8000/abc",
            "http://2130706433:8000/abc",
            "http://[::1]:8000/abc",
            "http://[::ffff:127.0.0.1]:8000/abc",
            "http://0.0.0.0:8000/abc",
            "http://[::]:8000/abc",
            "http://anything.localhost:8000/abc",
        ] {
            assert!(is_own(text, &rules), "{text} with {public_url}");
        }
        for text in ["http://localhost:3000/", "http://127.0.0.1/", "https://localhost/"] {
            assert!(!is_own(text, &rules), "{text} with {public_url}");
        }
    }
    assert!(is_own("http://localhost/", &own(&["http://localhost:80/"])));
    assert!(!is_own("https://localhost/", &own(&["http://localhost/"])));
}

#[test]
fn loop_03_a_fallback_is_a_target_like_any_other() {
    // Fallback URLs have the same type and the same rules.
    let rules = own(&["https://go.example.com/"]);
    assert!(is_own("https://go.example.com/the-same-code", &rules));
    assert_eq!(parse("https://go.example.com/").map(|_| ()), Ok(()));
    assert!(
        TargetUrl::from_stored("https://go.example.com/").is_ok(),
        "what is stored was checked"
    );
}

#[test]
fn reversed_hosts_put_a_domain_before_its_subdomains() {
    for (text, expected) in [
        ("https://www.example.co.uk/", "uk.co.example.www."),
        ("https://localhost/", "localhost."),
        ("http://127.1/", "127.0.0.1"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
    ] {
        assert_eq!(parse(text).unwrap().reversed_host(), expected);
    }
}

#[test]
fn hashes_tell_targets_apart_and_never_change() {
    let (one, other) =
        (parse("https://example.com/").unwrap(), parse("https://example.com/a").unwrap());
    assert_ne!(one.hash(), other.hash());
    // The first eight bytes of SHA-256, computed independently: an index depends on it.
    assert_eq!(one.hash(), 0x0f11_5db0_62b7_c0dd_u64.cast_signed());
}

fn with_query(target: &str, visitor_query: &str) -> String {
    parse(target).unwrap().with_query(visitor_query)
}

#[test]
fn redir_01_a_visitors_query_never_leads_elsewhere() {
    for query in
        ["redir_url=https://evil.example", "url=//evil.example", "next=/\\evil", "to=@evil"]
    {
        let location = with_query("https://example.com/page", query);
        let url = Url::parse(&location).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("example.com"), "/page"), "{location}");
        assert!(location.starts_with("https://example.com/page?"), "{location}");
    }
}

#[test]
fn redir_01_without_a_query_the_target_is_what_was_stored() {
    for target in
        ["https://example.com/a?", "https://example.com/a?b&&c=%2f#d", "https://example.com/?a=b c"]
    {
        for query in ["", "&", "&&", "qr", "qr=1", "q%72=x&qr"] {
            assert_eq!(with_query(target, query), parsed(target), "{query:?}");
        }
    }
}

#[test]
fn redir_03_what_visitors_send_is_encoded_anew() {
    for (query, expected) in [
        ("utm=a%0d%0aX:1&__proto__=1", "https://example.com/?utm=a%0D%0AX%3A1&__proto__=1"),
        ("a=b c", "https://example.com/?a=b+c"),
        ("a=1#frag", "https://example.com/?a=1%23frag"),
        ("a=%ff", "https://example.com/?a=%EF%BF%BD"),
        ("a=<script>\"'", "https://example.com/?a=%3Cscript%3E%22%27"),
        ("flag", "https://example.com/?flag"),
        ("empty=", "https://example.com/?empty="),
        ("a=1&a=2", "https://example.com/?a=1&a=2"),
        ("a=b=c", "https://example.com/?a=b%3Dc"),
    ] {
        assert_eq!(with_query("https://example.com/", query), expected, "{query:?}");
    }
}

#[test]
fn what_the_target_says_is_never_overridden() {
    let target = "https://example.com/?utm_source=mail&b";
    assert_eq!(with_query(target, "utm_source=evil&b=1&c=2"), format!("{target}&c=2"));
    assert_eq!(with_query(target, "utm%5fsource=evil"), target);
    assert_eq!(
        with_query("https://example.com/?a%5Bb%5D=1", "a[b]=2"),
        "https://example.com/?a%5Bb%5D=1"
    );
}

#[test]
fn pairs_go_between_the_targets_own_and_its_fragment() {
    assert_eq!(
        with_query("https://example.com/p?a=1#top", "b=2"),
        "https://example.com/p?a=1&b=2#top"
    );
    assert_eq!(
        with_query("https://example.com/p#/app?x=1", "b=2"),
        "https://example.com/p?b=2#/app?x=1"
    );
    assert_eq!(with_query("https://example.com/p?#top", "b=2&qr"), "https://example.com/p?b=2#top");
}

#[test]
fn pairs_that_do_not_fit_are_left_out() {
    let base = "https://example.com/?";
    let room = TARGET_LEN_MAX - base.len() - "a=".len();
    let fits = format!("a={}", "x".repeat(room));
    assert_eq!(with_query("https://example.com/", &fits), format!("{base}{fits}"));
    assert_eq!(with_query("https://example.com/", &format!("{fits}y&b=1")), format!("{base}b=1"));
}

/// Texts that are nearly targets, to trip a parser up in every part.
fn target_like() -> impl Strategy<Value = String> {
    let scheme = "(https?|HTTP|ftp|java\tscript)?";
    let slashes = "[:/\\\\]{0,4}";
    let host = prop_oneof![
        "[a-zA-Z0-9.-]{0,20}",
        "[a-z]{1,5}(\\.|。|%2e)[a-zäöüßéа-я\u{ad}]{1,8}\\.?",
        "[0-9x.]{1,12}",
        "\\[[0-9a-f:.]{2,20}\\]",
        "xn--[a-z0-9-]{1,12}",
        "[a-z:@]{0,12}",
    ];
    let port = "(:[0-9]{0,6})?";
    let rest = "([/?#\\\\][ -~\u{0}-\u{1f}äß☃\u{202e}]{0,40}){0,3}";
    (scheme, slashes, host, port, rest).prop_map(|(scheme, slashes, host, port, rest)| {
        format!("{scheme}{slashes}{host}{port}{rest}")
    })
}

fn target() -> impl Strategy<Value = TargetUrl> {
    "https?://[a-z]{1,8}\\.example(:[1-9][0-9]{1,3})?(/[ -~]{0,20})?(\\?[ -~]{0,20})?(#[ -~]{0,20})?"
        .prop_filter_map("no target", |text| parse(&text).ok())
}

/// The target up to its query or fragment, its query and its fragment.
fn parts(target: &str) -> (&str, Option<&str>, Option<&str>) {
    let (front, fragment) = target.split_once('#').map_or((target, None), |(f, r)| (f, Some(r)));
    let (front, query) = front.split_once('?').map_or((front, None), |(f, r)| (f, Some(r)));
    (front, query, fragment)
}

proptest! {
    #[test]
    fn normalising_again_changes_nothing(any in any::<String>(), like in target_like()) {
        for text in [any, like] {
            let Ok(target) = parse(&text) else { continue };
            prop_assert_eq!(&parse(target.as_str()), &Ok(target.clone()));
            prop_assert_eq!(&TargetUrl::from_stored(target.as_str()), &Ok(target.clone()));
            let host = Url::parse(&text).unwrap().host_str().map(|host| bare(host).to_owned());
            prop_assert_eq!(Some(target.host()), host);
        }
    }

    #[test]
    fn a_target_is_printable_ascii_of_bounded_length(like in target_like()) {
        if let Ok(target) = parse(&like) {
            let text = target.as_str();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{}", text);
            prop_assert!(text.starts_with("http://") || text.starts_with("https://"));
            prop_assert!(text.len() <= TARGET_LEN_MAX);
            prop_assert!(!target.host().is_empty());
        }
    }

    #[test]
    fn a_visitors_query_only_adds_pairs(target in target(), query in "[ -~ä\u{0}-\u{1f}]{0,60}", pairs in "([a-c]{1,2}=[a-z%&+]{0,5}&){0,6}") {
        for query in [query, pairs] {
            let location = target.with_query(&query);
            let (front, own_query, fragment) = parts(target.as_str());
            let (front_after, query_after, fragment_after) = parts(&location);
            prop_assert_eq!(front_after, front);
            prop_assert_eq!(fragment_after, fragment);
            prop_assert!(query_after.unwrap_or_default().starts_with(own_query.unwrap_or_default()));
            prop_assert_eq!(TargetUrl::from_stored(&location).map(|url| url.to_string()), Ok(location.clone()));

            let pairs_of = |text: &str| -> Vec<(String, String)> {
                Url::parse(text).unwrap().query_pairs().into_owned().collect()
            };
            let (own, all) = (pairs_of(target.as_str()), pairs_of(&location));
            let (kept, added) = all.split_at(own.len());
            prop_assert_eq!(kept, own.as_slice());
            for (name, _) in added {
                prop_assert!(name != "qr" && own.iter().all(|(own, _)| own != name), "{}", name);
            }
        }
    }

    #[test]
    fn any_query_leaves_a_valid_target(target in target(), query in any::<String>()) {
        let location = target.with_query(&query);
        prop_assert!(TargetUrl::from_stored(&location).is_ok(), "{}", location);
    }
}
