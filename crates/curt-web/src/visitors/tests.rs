//! What the headers of a visit mean.

use super::*;

#[test]
fn the_purpose_of_a_visit_is_read_from_any_of_its_headers() {
    for name in ["sec-purpose", "purpose", "x-purpose", "x-moz"] {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 Firefox/133.0"));
        assert_eq!(VisitHeaders::read(&headers).class(), ClickClass::Human);
        headers.insert(name, HeaderValue::from_static("prefetch"));
        assert_eq!(VisitHeaders::read(&headers).class(), ClickClass::Prefetch, "{name}");
    }
    assert_eq!(VisitHeaders::read(&HeaderMap::new()).user_agent, b"");
}

#[test]
fn what_loads_ahead_is_a_prefetch_whoever_it_is() {
    for user_agent in ["Googlebot/2.1", "WhatsApp/2.24", ""] {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static(user_agent));
        assert_ne!(VisitHeaders::read(&headers).class(), ClickClass::Human, "{user_agent}");
        headers.insert("sec-purpose", HeaderValue::from_static("prefetch"));
        assert_eq!(VisitHeaders::read(&headers).class(), ClickClass::Prefetch, "{user_agent}");
    }
}

#[test]
fn a_purpose_counts_whatever_stands_before_it() {
    for [first, second] in [["sec-purpose", "purpose"], ["purpose", "purpose"]] {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 Firefox/133.0"));
        headers.append(first, HeaderValue::from_static("something"));
        headers.append(second, HeaderValue::from_static("prefetch"));
        assert_eq!(VisitHeaders::read(&headers).class(), ClickClass::Prefetch, "{first}, {second}");
    }
}

#[test]
fn a_header_that_is_no_text_is_read_all_the_same() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "user-agent",
        HeaderValue::from_bytes(b"Mozilla/5.0 Firefox/133.0 \xff\xfe").unwrap(),
    );
    assert_eq!(VisitHeaders::read(&headers).user_agent, b"Mozilla/5.0 Firefox/133.0 \xff\xfe");
    assert_eq!(VisitHeaders::read(&headers).class(), ClickClass::Human);
}
