//! CSRF-01, CSRF-03: which requests count as sent by our own pages.

use axum::http::HeaderValue;

use super::*;

const OWN: &str = "https://sho.rt";

fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn csrf_01_only_our_own_pages_are_believed() {
    let site = SEC_FETCH_SITE;
    let origin = header::ORIGIN;
    assert!(is_same_origin(&headers(&[(site.clone(), "same-origin")]), OWN));
    assert!(is_same_origin(&headers(&[(origin.clone(), OWN)]), OWN));
    let refused: [&[(HeaderName, &'static str)]; 10] = [
        &[],
        &[(site.clone(), "cross-site")],
        &[(site.clone(), "same-site")],
        &[(site.clone(), "none")],
        &[(site.clone(), "")],
        // Fetch metadata comes first: other headers do not outvote it.
        &[(site.clone(), "cross-site"), (origin.clone(), OWN)],
        &[(site.clone(), "same-origin"), (site, "cross-site")],
        &[(origin.clone(), "null")],
        &[(origin.clone(), OWN), (origin.clone(), "https://evil.example")],
        &[(origin, "https://evil.example")],
    ];
    for pairs in refused {
        assert!(!is_same_origin(&headers(pairs), OWN), "{pairs:?}");
    }
}

#[test]
fn csrf_03_an_origin_is_compared_to_the_letter() {
    for other in [
        "http://sho.rt",
        "https://sho.rt:8443",
        "https://www.sho.rt",
        "https://sho.rt.evil.example",
        "https://sho.rt/",
        "HTTPS://SHO.RT",
        "https://sho.r",
    ] {
        assert!(!is_same_origin(&headers(&[(header::ORIGIN, other)]), OWN), "{other}");
    }
}

#[test]
fn programs_that_say_nothing_are_no_foreign_site() {
    assert!(!is_foreign(&HeaderMap::new(), OWN));
    assert!(!is_foreign(&headers(&[(header::ORIGIN, OWN)]), OWN));
    assert!(is_foreign(&headers(&[(header::ORIGIN, "null")]), OWN));
    assert!(is_foreign(&headers(&[(SEC_FETCH_SITE, "same-site")]), OWN));
}
