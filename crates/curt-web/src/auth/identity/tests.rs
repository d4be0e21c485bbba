//! How a key is sent.

use super::*;

fn headers(authorization: &str) -> HeaderMap {
    let value = http::HeaderValue::from_bytes(authorization.as_bytes()).unwrap();
    HeaderMap::from_iter([(header::AUTHORIZATION, value)])
}

#[test]
fn a_bearer_is_a_scheme_and_a_key() {
    for value in ["Bearer key", "bearer key", "BEARER  key "] {
        assert_eq!(bearer(&headers(value)), Some("key"), "{value}");
    }
    for value in ["", "Bearer", "key", "Basic key", "Bearerkey", "ключ key"] {
        assert_eq!(bearer(&headers(value)), None, "{value}");
    }
    assert_eq!(bearer(&HeaderMap::new()), None);
}
