//! Which clients get a page, and which a plain answer.

use super::*;

fn accepting(value: &'static str) -> bool {
    wants_html(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]))
}

#[test]
fn browsers_get_pages_and_programs_do_not() {
    for browser in [
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "application/json;q=0.5, text/html;q=0.4",
        "application/xhtml+xml",
    ] {
        assert!(accepting(browser), "{browser}");
    }
    let programs = ["*/*", "", "application/json", "text/plain", "application/json, text/html;q=0"];
    for program in programs {
        assert!(!accepting(program), "{program}");
    }
    assert!(!wants_html(&HeaderMap::new()));
}
