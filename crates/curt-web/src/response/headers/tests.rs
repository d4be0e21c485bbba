//! The headers of an answer by its status alone; tests of whole answers are in
//! `tests/it/guards.rs`.

use axum::body::Body;

use super::*;

#[test]
fn every_status_is_guarded_but_what_leads_elsewhere() {
    for status in 200..600 {
        let status = StatusCode::from_u16(status).unwrap();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        guard(&mut response);
        let headers = response.headers();
        let elsewhere = status.is_redirection() && ![303, 304].contains(&status.as_u16());
        assert_eq!(headers.contains_key("x-content-type-options"), !elsewhere, "{status}");
        assert_eq!(headers.contains_key("referrer-policy"), !elsewhere, "{status}");
        let policy = headers.contains_key("content-security-policy");
        assert_eq!(policy, !status.is_redirection(), "{status}");
    }
}
