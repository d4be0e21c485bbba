//! Every error as a problem: its status, its code, and what it reveals.

use axum::body::to_bytes;
use curt_domain::{InvalidCode, TargetRules, TargetUrl};
use curt_store::EditLinkError;
use serde_json::Value;

use super::*;
use crate::response::field_error::{MESSAGE_LEN_SHOWN, NAME_LEN_SHOWN};

async fn answer(error: ApiError) -> (Response, Value) {
    let (parts, body) = error.into_response().into_parts();
    let body = to_bytes(body, 64 * 1024).await.unwrap();
    (Response::from_parts(parts, axum::body::Body::empty()), serde_json::from_slice(&body).unwrap())
}

fn every_error() -> Vec<(ApiError, u16, &'static str)> {
    vec![
        (ApiError::InvalidJson { detail: "a comma is missing".to_owned() }, 400, "invalid_json"),
        (ApiError::invalid_field("title", "is empty"), 422, "invalid_field"),
        (ApiError::InvalidFields(Vec::new()), 422, "invalid_field"),
        (ApiError::InvalidHost, 400, "invalid_host"),
        (ApiError::Misdirected, 421, "misdirected_request"),
        (ApiError::UriTooLong, 414, "uri_too_long"),
        (ApiError::TooManyHeaders, 431, "headers_too_large"),
        (ApiError::BodyBroken, 400, "invalid_json"),
        (ApiError::BodyTooSlow, 408, "request_timeout"),
        (ApiError::UnsupportedMediaType, 415, "unsupported_media_type"),
        (ApiError::PayloadTooLarge { limit: 7 }, 413, "payload_too_large"),
        (ApiError::NotFound, 404, "not_found"),
        (ApiError::MethodNotAllowed, 405, "method_not_allowed"),
        (ApiError::Unauthenticated, 401, "unauthenticated"),
        (ApiError::PasswordRequired, 401, "password_required"),
        (ApiError::WrongLinkPassword, 401, "password_required"),
        (ApiError::WrongPassword, 401, "unauthenticated"),
        (ApiError::TokenRefused, 401, "unauthenticated"),
        (ApiError::Forbidden, 403, "forbidden"),
        (ApiError::RegistrationClosed, 403, "forbidden"),
        (ApiError::CrossSiteRequest, 403, "cross_site_request"),
        (ApiError::ClientBlocked, 403, "client_blocked"),
        (
            ApiError::RateLimited { purpose: Purpose::Report, retry_after: Duration::from_secs(7) },
            429,
            "rate_limited",
        ),
        (ApiError::Suspended { retry_after: Duration::from_secs(7) }, 429, "rate_limited"),
        (ApiError::LoginPaused { retry_after: Duration::from_secs(7) }, 429, "rate_limited"),
        (ApiError::EmailTaken, 409, "email_taken"),
        (ApiError::LimitReached { max: 7 }, 409, "limit_reached"),
        (ApiError::LastAdministrator, 409, "last_administrator"),
        (ApiError::CodeTaken { code: "abc".to_owned() }, 409, "code_taken"),
        (ApiError::LinkGone, 410, "link_gone"),
        (ApiError::LinkExhausted, 410, "link_exhausted"),
        (ApiError::LinkBlocked, 451, "link_blocked"),
        (ApiError::IdempotencyKeyReused, 422, "idempotency_key_reused"),
        (ApiError::IdempotencyInProgress, 409, "idempotency_in_progress"),
        (ApiError::PreconditionFailed, 412, "precondition_failed"),
        (ApiError::StorageFull, 507, "storage_full"),
        (ApiError::PrefetchRefused, 503, "unavailable"),
        (ApiError::TimedOut, 503, "unavailable"),
        (ApiError::Unavailable, 503, "unavailable"),
        (ApiError::Internal, 500, "internal"),
    ]
}

#[tokio::test]
async fn err_01_every_error_is_a_problem_with_its_own_status() {
    for (error, status, code) in every_error() {
        let detail = error.to_string();
        let (response, problem) = answer(error).await;
        assert_eq!(response.status(), status, "{problem}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["detail"], detail);
        assert_eq!(problem["type"] == "about:blank", status != 429, "{problem}");
        assert_eq!(problem["title"], response.status().canonical_reason().unwrap());
    }
}

#[tokio::test]
async fn only_what_passes_by_itself_says_when_to_come_back() {
    for (error, _, _) in every_error() {
        let passes = matches!(
            error,
            ApiError::Unavailable
                | ApiError::TimedOut
                | ApiError::LoginPaused { .. }
                | ApiError::RateLimited { .. }
                | ApiError::Suspended { .. }
        );
        let asks_for_a_key = error.status() == StatusCode::UNAUTHORIZED;
        let (response, problem) = answer(error).await;
        assert_eq!(response.headers().contains_key("retry-after"), passes, "{problem}");
        let challenge = response.headers().contains_key("www-authenticate");
        assert_eq!(challenge, asks_for_a_key, "{problem}");
    }
}

#[tokio::test]
async fn one_wrong_field_gives_the_whole_its_code() {
    let own = "https://sho.rt/".parse().unwrap();
    let rules = TargetRules::new([&own]);
    let targets = [
        ("ftp://example.com/", "unsupported_scheme"),
        ("https://user@example.com/", "userinfo_not_allowed"),
        ("https://sho.rt/abc", "self_redirect"),
        ("nonsense", "invalid_field"),
    ];
    for (target, code) in targets {
        let error = TargetUrl::parse(target, &rules).unwrap_err();
        let field = FieldError::target("original_url", &error);
        let (_, problem) = answer(ApiError::InvalidFields(vec![field])).await;
        assert_eq!(problem["code"], code);
        assert_eq!(problem["errors"][0]["code"], code);
        assert_eq!(problem["errors"][0]["field"], "original_url");
    }
}

#[tokio::test]
async fn several_wrong_fields_are_all_named() {
    let code = FieldError::code("custom_alias", InvalidCode::Empty);
    let text = FieldError::invalid("title", "is empty");
    let (_, problem) = answer(ApiError::InvalidFields(vec![code, text])).await;
    assert_eq!(problem["code"], "invalid_field");
    assert_eq!(problem["detail"], "2 fields are not valid");
    assert_eq!(problem["errors"][0]["code"], "invalid_code");
    assert_eq!(problem["errors"][1]["message"], "is empty");
}

#[test]
fn every_published_code_is_one_that_we_answer_with() {
    let errors = every_error();
    let of_fields = 422;
    for code in ProblemCode::ALL {
        let is_answered = errors.iter().any(|(_, _, word)| *word == code.as_str());
        assert!(is_answered || code.status() == of_fields, "{code:?}");
    }
    let mut words: Vec<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), ProblemCode::ALL.len());
}

#[test]
fn what_is_told_of_a_field_has_an_end() {
    let long = "ä".repeat(10_000);
    let error = FieldError::new(&long, ProblemCode::InvalidField, long.as_str());
    assert_eq!(error.field, "ä".repeat(NAME_LEN_SHOWN / 2));
    assert_eq!(error.message, "ä".repeat(MESSAGE_LEN_SHOWN / 2));
}

#[tokio::test]
async fn a_failure_of_ours_tells_nothing() {
    let secret = std::io::Error::other("no table links in /var/lib/curt/curt.db");
    let (response, problem) = answer(ApiError::from_failure(&secret)).await;
    assert_eq!(response.status(), 500);
    assert_eq!(problem["detail"], "something went wrong on our side");
}

#[test]
fn an_edit_that_fails_says_why() {
    let dates = curt_domain::Dates::new(
        Some("2026-01-01T00:00:00Z".parse().unwrap()),
        Some("2025-01-01T00:00:00Z".parse().unwrap()),
    )
    .unwrap_err();
    let errors = [
        (EditLinkError::NotFound, "not_found"),
        (EditLinkError::RevisionMismatch, "precondition_failed"),
        (EditLinkError::Dates(dates), "invalid_field"),
    ];
    for (error, code) in errors {
        assert_eq!(ApiError::from(error).code().as_str(), code);
    }
}
