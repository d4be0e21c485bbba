//! Links in memory are judged by the current list.

use curt_domain::{Dates, LinkId, RedirectStatus, Route, TargetPatternsBuilder, Timestamp};

use super::*;

fn list(patterns: &[&str]) -> TargetPatterns {
    let mut builder = TargetPatternsBuilder::default();
    for pattern in patterns {
        builder.add(&pattern.parse().unwrap()).unwrap();
    }
    builder.build()
}

fn url(text: &str) -> TargetUrl {
    TargetUrl::from_stored(text).unwrap()
}

fn cached(target: &str, fallback: Option<&str>) -> CachedRoute {
    let route = Route {
        id: LinkId::new(1).unwrap(),
        target: url(target),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: fallback.map(url),
        disabled: false,
        abuse: false,
        revision: 1,
    };
    CachedRoute::new(route, Timestamp::from_millis(0))
}

#[test]
fn phish_01_a_link_in_memory_follows_every_change_of_the_list() {
    let blocks = TargetBlocks::default();
    let link = cached("https://evil.example/", Some("https://bad.example/"));
    let judged = |patterns: &[&str]| {
        blocks.replace(list(patterns));
        let first = blocks.judge(&link);
        assert_eq!(blocks.judge(&link), first);
        (first.target_blocked, first.fallback_blocked)
    };
    assert_eq!(blocks.judge(&link), Judgement::default());
    assert_eq!(judged(&["other.example"]), (false, false));
    assert_eq!(judged(&["other.example", "evil.example"]), (true, false));
    assert_eq!(judged(&["*.example"]), (true, true));
    assert_eq!(judged(&[]), (false, false));
    assert_eq!(judged(&["bad.example"]), (false, true));
}

#[test]
fn what_is_asked_for_a_new_link_is_the_same_list() {
    let blocks = TargetBlocks::default();
    assert_eq!(blocks.find(&url("https://evil.example/")), None);
    blocks.replace(list(&["evil.example"]));
    assert!(blocks.find(&url("https://evil.example/")).is_some());
    assert_eq!(blocks.size().0, 1);
    blocks.replace(list(&[]));
    assert_eq!(blocks.find(&url("https://evil.example/")), None);
}
