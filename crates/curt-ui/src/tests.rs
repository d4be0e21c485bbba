//! Every page as visitors get it, without the style sheet and script inside: their hashes cover
//! those.

use curt_domain::{
    Dates, Email, LinkId, MaxClicks, PasswordHash, RedirectStatus, Route, TargetUrl,
};
use insta::assert_snapshot;

use super::*;

const MARKUP: &str = "\"><script>alert('x')</script>&amp;";

/// The page without its style sheet and script, which the policies name by hash.
fn checked(page: &str) -> String {
    let page = without(page, "style", &style_source());
    without(&page, "script", &script_source())
}

/// The page with the contents of the element removed, if it has one.
fn without(page: &str, element: &str, source: &str) -> String {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let Some((before, rest)) = page.split_once(&start) else { return page.to_owned() };
    let (inside, after) = rest.split_once(&end).unwrap();
    assert_eq!(csp_source(inside), source, "what the policy of the page allows");
    assert!(!after.contains(&start), "a second {element}");
    format!("{before}{start}{end}{after}")
}

fn route(target: &str) -> Route {
    Route {
        id: LinkId::new(1).unwrap(),
        target: TargetUrl::from_stored(target).unwrap(),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled: false,
        abuse: false,
        revision: 1,
    }
}

fn previewed(route: &Route) -> String {
    checked(&preview(&ENGLISH, "https://sho.rt/link", route))
}

#[test]
fn a_source_is_the_hash_of_what_stands_inside() {
    // The example from CSP level 2, section 7.17.
    let source = csp_source("alert('Hello, world.');");
    assert_eq!(source, "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

#[test]
fn every_message_is_a_page() {
    let texts = &ENGLISH;
    let messages = [
        ("root", &texts.root),
        ("not_found", &texts.not_found),
        ("expired", &texts.expired),
        ("exhausted", &texts.exhausted),
        ("blocked", &texts.blocked),
        ("limited", &texts.limited),
        ("client_blocked", &texts.client_blocked),
        ("too_often", &texts.too_often),
        ("unavailable", &texts.unavailable),
        ("not_received", &texts.not_received),
        ("sent_elsewhere", &texts.sent_elsewhere),
        ("failed", &texts.failed),
        ("report_received", &texts.report_received),
    ];
    for (name, text) in messages {
        assert_snapshot!(name, checked(&message(texts, text)));
    }
}

#[test]
fn the_form_for_a_password() {
    assert_snapshot!("password", checked(&password_form(&ENGLISH, None)));
    let again = password_form(&ENGLISH, Some(ENGLISH.password_wrong));
    assert_snapshot!("password_wrong", checked(&again));
}

#[test]
fn a_preview_shows_where_a_link_leads() {
    assert_snapshot!("preview", previewed(&route("https://example.com/path?a=b&c=d#'top'")));
}

#[test]
fn a_preview_warns_of_names_in_foreign_scripts() {
    assert_snapshot!(
        "preview_foreign_script",
        previewed(&route("https://www.xn--80ak6aa92e.com/"))
    );
}

#[test]
fn a_preview_is_no_way_around_a_limit_or_a_password() {
    let limited =
        Route { max_clicks: MaxClicks::new(1), ..route("https://www.xn--80ak6aa92e.com/") };
    let locked = Route { password: Some(PasswordHash::new("hash")), ..limited.clone() };
    let pages = [&limited, &locked].map(previewed);
    for page in &pages {
        assert!(!page.contains("80ak6aa92e"), "{page}");
    }
    let [limited, locked] = pages;
    assert_snapshot!("preview_limited", limited);
    assert_snapshot!("preview_locked", locked);
}

#[test]
fn the_form_for_reports() {
    assert_snapshot!("report", checked(&report_form(&ENGLISH, "", None)));
    let again = report_form(&ENGLISH, MARKUP, Some(ENGLISH.report_not_found));
    assert_snapshot!("report_not_found", checked(&again));
}

#[test]
fn the_form_for_the_first_administrator() {
    assert_snapshot!("setup", checked(&setup_form(&ENGLISH, Typed::default(), None)));
    let typed = Typed { token: "token", email: MARKUP, full_name: "O'Neil & <Co>" };
    let again = setup_form(&ENGLISH, typed, Some(ENGLISH.setup_wrong_token));
    assert_snapshot!("setup_wrong_token", checked(&again));
    let done = setup_done(&ENGLISH, &Email::parse("me@example.com").unwrap());
    assert_snapshot!("setup_done", checked(&done));
}

#[test]
fn what_was_typed_and_what_was_wrong_become_no_markup() {
    let typed = Typed { token: MARKUP, email: MARKUP, full_name: MARKUP };
    for page in [
        password_form(&ENGLISH, Some(MARKUP)),
        report_form(&ENGLISH, MARKUP, Some(MARKUP)),
        setup_form(&ENGLISH, typed, Some(MARKUP)),
    ] {
        assert!(!page.contains("<script>alert"), "{page}");
    }
}
