//! Headers, bodies and parameters at the limits of what is accepted.

use http::{HeaderName, HeaderValue, Request, Uri};
use serde::Deserialize;

use super::*;

fn headers(name: HeaderName, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    headers
}

async fn take<T: FromRequestParts<()>>(
    name: HeaderName,
    value: &str,
) -> Result<T, <T as FromRequestParts<()>>::Rejection> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers(name, value);
    T::from_request_parts(&mut parts, &()).await
}

/// The only field that an error names, its code, and why.
fn only_field(error: ApiError) -> (String, &'static str, String) {
    let ApiError::InvalidFields(mut fields) = error else { panic!("{error:?} is of no field") };
    assert_eq!(fields.len(), 1, "{fields:?}");
    let field = fields.remove(0);
    (field.field, field.code.as_str(), field.message)
}

#[test]
fn json_is_told_by_its_essence() {
    for kind in ["application/json", "Application/JSON", " application/json ;charset=utf-8"] {
        assert!(is_json(&headers(header::CONTENT_TYPE, kind)), "{kind}");
    }
    for kind in ["", "json", "text/json", "application/jsonx", "application/problem+json", "é"] {
        assert!(!is_json(&headers(header::CONTENT_TYPE, kind)), "{kind}");
    }
    assert!(!is_json(&HeaderMap::new()));
}

#[test]
fn only_objects_are_bodies() {
    for object in ["{}", " \n{}", "{"] {
        assert!(check_is_object(object.as_bytes()).is_ok(), "{object}");
    }
    for other in ["[]", "null", "1", "\"{}\"", " [{}]"] {
        let error = check_is_object(other.as_bytes()).unwrap_err();
        assert_eq!(only_field(error).0, "body", "{other}");
    }
    for broken in ["", "[", "nonsense", "[]]"] {
        let error = check_is_object(broken.as_bytes()).unwrap_err();
        assert!(matches!(error, ApiError::InvalidJson { .. }), "{broken}: {error:?}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Sample {
    count: u8,
    list: Option<Vec<u8>>,
}

#[test]
fn the_field_that_is_wrong_is_named() {
    let json = [
        (r#"{"count":300}"#, "count", "invalid value: integer `300`, expected u8"),
        (r#"{"count":1,"list":[1,true]}"#, "list[1]", "invalid type: boolean `true`, expected u8"),
        (r#"{"count":1,"other":2}"#, "other", "is not a field"),
        (r#"{"count":1,"count":2}"#, "count", "stands there twice"),
        ("{}", "count", "is missing"),
    ];
    for (body, name, reason) in json {
        let mut reader = serde_json::Deserializer::from_str(body);
        let error = serde_path_to_error::deserialize::<_, Sample>(&mut reader).unwrap_err();
        let (field, code, message) = only_field(invalid_json(error));
        assert_eq!((&*field, &*message), (name, reason), "{body}");
        assert_eq!(code, if name == "other" { "unknown_field" } else { "invalid_field" });
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct SampleQuery {
    q: Option<String>,
}

#[tokio::test]
async fn the_parameter_that_is_wrong_is_named() {
    let queries = [
        ("/?q=1&q=2", "q", "invalid_field"),
        ("/?other=1", "other", "unknown_field"),
        ("/?=1", "query", "unknown_field"),
    ];
    for (uri, name, expected) in queries {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.uri = Uri::from_static(uri);
        let error = ApiQuery::<SampleQuery>::from_request_parts(&mut parts, &()).await;
        let (field, code, _) = only_field(error.map(|_| ()).unwrap_err());
        assert_eq!((&*field, code), (name, expected), "{uri}");
    }
}

#[tokio::test]
async fn if_match_names_revisions_or_any() {
    for (value, revisions) in [
        ("\"7\"", vec![7]),
        (" \"7\" ", vec![7]),
        ("\"7\", \"8\",\"9\"", vec![7, 8, 9]),
        ("\"x\", W/\"6\", \"8\"", vec![8]),
    ] {
        let Ok(taken) = take::<IfMatch>(header::IF_MATCH, value).await;
        assert_eq!(taken.0, ExpectedRevision::OneOf(revisions), "{value}");
    }
    let never_given = ["", "7", "\"", "\"\"", "\"x\"", "W/\"7\"", "\"+7\"", "\"07\"", "*, *"];
    for value in never_given.into_iter().chain(["\"18446744073709551616\""]) {
        let Ok(taken) = take::<IfMatch>(header::IF_MATCH, value).await;
        assert_eq!(taken.0, ExpectedRevision::OneOf(Vec::new()), "{value}");
    }
    for name in [header::IF_MATCH, header::ACCEPT] {
        let Ok(taken) = take::<IfMatch>(name, "*").await;
        assert_eq!(taken.0, ExpectedRevision::Any);
    }
}

#[tokio::test]
async fn if_match_may_be_sent_in_several_lines() {
    let (mut parts, ()) = Request::new(()).into_parts();
    for tag in ["\"1\"", "\"2\""] {
        parts.headers.append(header::IF_MATCH, HeaderValue::from_static(tag));
    }
    let Ok(taken) = IfMatch::from_request_parts(&mut parts, &()).await;
    assert_eq!(taken.0, ExpectedRevision::OneOf(vec![1, 2]));
}

#[test]
fn a_number_is_written_in_one_way() {
    for (text, number) in [("0", 0), ("1", 1), ("18446744073709551615", u64::MAX)] {
        assert_eq!(decimal(text), Some(number));
    }
    for text in
        ["", "+1", "-1", "01", "00", " 1", "1 ", "1.0", "1e3", "0x1", "١", "18446744073709551616"]
    {
        assert_eq!(decimal::<u64>(text), None, "{text}");
    }
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_characters() {
    let name = || HeaderName::from_static("idempotency-key");
    let longest = "k".repeat(REPLAY_KEY_LEN_MAX);
    for key in ["k", &longest] {
        let taken = take::<IdempotencyKey>(name(), key).await.unwrap();
        assert_eq!(taken.0.as_deref(), Some(key));
    }
    for key in ["", " ", &format!("{longest}k"), "ключ"] {
        let refused = take::<IdempotencyKey>(name(), key).await;
        assert!(refused.is_err(), "{key}");
    }
    assert_eq!(take::<IdempotencyKey>(header::ACCEPT, "*").await.unwrap().0, None);
}
