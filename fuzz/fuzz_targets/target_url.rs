//! An accepted target means the same to browsers, whatever was typed.

#![no_main]

use curt_domain::{InvalidTarget, TARGET_LEN_MAX, TargetRules, TargetUrl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (text, query) = input;
    let own = ["https://go.example.com/", "http://localhost:8000/"].map(|own| own.parse().unwrap());
    let rules = TargetRules::new(&own);
    let Ok(target) = TargetUrl::parse(text, &rules) else { return };

    check(target.as_str());
    // Parsing it again, or reading it back from the database, changes nothing.
    assert_eq!(TargetUrl::parse(target.as_str(), &rules).as_ref(), Ok(&target));
    assert_eq!(TargetUrl::from_stored(target.as_str()).as_ref(), Ok(&target));
    // The browser's reading of the host is not our own host.
    assert!(!target.host().trim_end_matches('.').eq_ignore_ascii_case("go.example.com"));

    let forwarded = target.with_query(query);
    check(&forwarded);
    let (path, _) = forwarded.split_once(['?', '#']).unwrap_or((&forwarded, ""));
    assert!(target.as_str().starts_with(path), "{forwarded}");
    match TargetUrl::parse(&forwarded, &rules) {
        Ok(again) => assert_eq!(again.host(), target.host()),
        Err(error) => assert_eq!(error, InvalidTarget::TooLong, "{forwarded}"),
    }
});

fn check(url: &str) {
    assert!(url.starts_with("https://") || url.starts_with("http://"), "{url}");
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    assert!(url.len() <= TARGET_LEN_MAX, "{url}");
}
