//! SESS-01: how cookies are written and read back.

use super::*;

const DAY: Duration = Duration::from_hours(24);

#[test]
fn sess_01_over_https_a_cookie_is_for_this_host_alone() {
    let cookie = Cookies::of_scheme("https").set(Cookie::Session, "abc", DAY);
    let expected = "__Host-session=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure";
    assert_eq!(cookie, expected);
    let cleared = Cookies::Secure.clear(Cookie::Session);
    assert_eq!(cleared, "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

#[test]
fn sess_01_on_plain_http_the_prefix_would_keep_browsers_from_taking_it() {
    let cookie = Cookies::of_scheme("http").set(Cookie::Device, "abc", DAY);
    assert_eq!(cookie, "device=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
}

#[test]
fn a_cookie_is_found_by_its_whole_name() {
    let mut headers = HeaderMap::new();
    let line = "x__Host-session=no; session=no; __Host-session2=no;__Host-session=yes; a=b";
    headers.append(header::COOKIE, HeaderValue::from_static(line));
    assert_eq!(Cookies::Secure.find(&headers, Cookie::Session), Some("yes"));
    assert_eq!(Cookies::Plain.find(&headers, Cookie::Session), Some("no"));
    assert_eq!(Cookies::Secure.find(&headers, Cookie::Device), None);
    headers.append(header::COOKIE, HeaderValue::from_static("__Host-device=1.2.3"));
    assert_eq!(Cookies::Secure.find(&headers, Cookie::Device), Some("1.2.3"));
}
