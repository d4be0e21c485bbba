//! Every answer that is not a success: RFC 9457 problem details with a stable `code`.
//!
//! The only place that maps failures to HTTP, and the only one that logs them.

use std::{error::Error, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use curt_cache::Purpose;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    codes::ProblemCode,
    field_error::FieldError,
    headers::{NO_STORE, seconds},
};

/// Seconds after which a client may retry when the server was unavailable or too busy.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The type of most problems: it adds nothing to their status and `code`.
const NO_TYPE: &str = "about:blank";

/// From draft-ietf-httpapi-ratelimit-headers, for clients that know it.
const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const ABNORMAL_USAGE: &str =
    "https://iana.org/assignments/http-problem-types#abnormal-usage-detected";

/// Everything that a handler can answer besides success.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the body is not valid JSON: {detail}")]
    InvalidJson { detail: String },
    #[error("{}", summary(.0))]
    InvalidFields(Vec<FieldError>),
    #[error("the body must be sent as application/json")]
    UnsupportedMediaType,
    #[error("the request names no valid host, or more than one")]
    InvalidHost,
    #[error("this server is not called by that name")]
    Misdirected,
    #[error("the path or the query is too long")]
    UriTooLong,
    #[error("the request has too many headers")]
    TooManyHeaders,
    #[error("the body came too slowly")]
    BodyTooSlow,
    #[error("the body ended early")]
    BodyBroken,
    #[error("the body is larger than {limit} bytes")]
    PayloadTooLarge { limit: usize },
    #[error("there is nothing here")]
    NotFound,
    #[error("this path does not answer to that method")]
    MethodNotAllowed,
    #[error("this needs a key: send it as Authorization: Bearer")]
    Unauthenticated,
    #[error("the address or the password is wrong")]
    WrongPassword,
    #[error("this link asks for a password: POST it here as the form field \"password\"")]
    PasswordRequired,
    #[error("the password is wrong")]
    WrongLinkPassword,
    #[error("this is not for everybody: the key or the account lacks the right to do it")]
    Forbidden,
    #[error("this server makes no accounts for whoever asks")]
    RegistrationClosed,
    #[error("another site sent this request")]
    CrossSiteRequest,
    #[error("there were too many wrong passwords; try again later")]
    LoginPaused { retry_after: Duration },
    #[error("the token is unknown, used or expired")]
    TokenRefused,
    #[error("there are {max} of these already, and may be no more")]
    LimitReached { max: u32 },
    #[error("there is an account with this address already")]
    EmailTaken,
    #[error("this is the last administrator who can log in")]
    LastAdministrator,
    #[error("the code {code:?} is taken")]
    CodeTaken { code: String },
    #[error("this link has expired")]
    LinkGone,
    #[error("this link has been followed as often as it may be")]
    LinkExhausted,
    #[error("this link was blocked by the administrators of this server")]
    LinkBlocked,
    #[error("this Idempotency-Key was used with another body")]
    IdempotencyKeyReused,
    #[error("a request with this Idempotency-Key is still being answered")]
    IdempotencyInProgress,
    #[error("the link is no longer the one that If-Match names")]
    PreconditionFailed,
    #[error("this link is not fetched ahead of a visit")]
    PrefetchRefused,
    #[error("the request took too long")]
    TimedOut,
    #[error("there are too many requests of this kind at a time; try again")]
    TooBusy,
    #[error("requests from this address are refused")]
    ClientBlocked,
    #[error("this was asked for too often; try again in {} s", seconds(*retry_after))]
    RateLimited { purpose: Purpose, retry_after: Duration },
    #[error("too much was refused to this address; try again in {} s", seconds(*retry_after))]
    Suspended { retry_after: Duration },
    #[error("this was not tried: what came before it failed or took too long; send it again")]
    NotTried,
    #[error("the disk is full; nothing was changed")]
    StorageFull,
    #[error("the database cannot be reached; try again")]
    Unavailable,
    #[error("something went wrong on our side")]
    Internal,
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [error] => format!("{} {}", error.field, error.message),
        _ => format!("{} fields are not valid", errors.len()),
    }
}

/// Why a request was refused, or failed (RFC 9457). Branch on `code`; `detail` is for people.
///
/// `type` is `about:blank`, so the title is the status's own phrase; but 429 has the types of
/// draft-ietf-httpapi-ratelimit-headers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// `about:blank` but for 429: the problem is told by `code`.
    #[schema(examples("about:blank"))]
    r#type: &'static str,
    /// The phrase of the status.
    #[schema(examples("Unprocessable Entity"))]
    title: &'a str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, examples(422))]
    status: u16,
    /// What happened, in English.
    #[schema(examples("max_clicks must be at least 1 and below 2^53"))]
    detail: String,
    code: ProblemCode,
    /// Every mistake in the request, where it was its fields.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(value_type = Vec<FieldError>, required = false)]
    errors: &'a [FieldError],
    /// The limits that the request was over, by the names that `RateLimit-Policy` gives them.
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, examples("anonymous"))]
    violated_policies: Option<[&'static str; 1]>,
}

impl ApiError {
    pub(crate) fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::InvalidFields(vec![FieldError::invalid(field, message)])
    }

    /// Logs a failure of our own; the answer reveals nothing about it.
    pub(crate) fn from_failure(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::Internal
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.code().status()
    }

    pub(crate) fn code(&self) -> ProblemCode {
        match self {
            Self::InvalidJson { .. } | Self::BodyBroken => ProblemCode::InvalidJson,
            Self::InvalidHost => ProblemCode::InvalidHost,
            Self::Misdirected => ProblemCode::MisdirectedRequest,
            Self::UriTooLong => ProblemCode::UriTooLong,
            Self::TooManyHeaders => ProblemCode::HeadersTooLarge,
            Self::BodyTooSlow => ProblemCode::RequestTimeout,
            Self::InvalidFields(errors) => match errors.as_slice() {
                [error] => error.code,
                _ => ProblemCode::InvalidField,
            },
            Self::UnsupportedMediaType => ProblemCode::UnsupportedMediaType,
            Self::PayloadTooLarge { .. } => ProblemCode::PayloadTooLarge,
            Self::NotFound => ProblemCode::NotFound,
            Self::MethodNotAllowed => ProblemCode::MethodNotAllowed,
            Self::Unauthenticated | Self::WrongPassword | Self::TokenRefused => {
                ProblemCode::Unauthenticated
            }
            Self::PasswordRequired | Self::WrongLinkPassword => ProblemCode::PasswordRequired,
            Self::LimitReached { .. } => ProblemCode::LimitReached,
            Self::Forbidden | Self::RegistrationClosed => ProblemCode::Forbidden,
            Self::CrossSiteRequest => ProblemCode::CrossSiteRequest,
            Self::LoginPaused { .. } | Self::RateLimited { .. } | Self::Suspended { .. } => {
                ProblemCode::RateLimited
            }
            Self::EmailTaken => ProblemCode::EmailTaken,
            Self::LastAdministrator => ProblemCode::LastAdministrator,
            Self::CodeTaken { .. } => ProblemCode::CodeTaken,
            Self::LinkGone => ProblemCode::LinkGone,
            Self::LinkExhausted => ProblemCode::LinkExhausted,
            Self::LinkBlocked => ProblemCode::LinkBlocked,
            Self::IdempotencyKeyReused => ProblemCode::IdempotencyKeyReused,
            Self::IdempotencyInProgress => ProblemCode::IdempotencyInProgress,
            Self::PreconditionFailed => ProblemCode::PreconditionFailed,
            Self::ClientBlocked => ProblemCode::ClientBlocked,
            Self::StorageFull => ProblemCode::StorageFull,
            Self::PrefetchRefused
            | Self::TimedOut
            | Self::TooBusy
            | Self::NotTried
            | Self::Unavailable => ProblemCode::Unavailable,
            Self::Internal => ProblemCode::Internal,
        }
    }

    /// When it makes sense to retry, if known.
    pub(crate) fn retry_after(&self) -> Option<(HeaderName, HeaderValue)> {
        let value = match self {
            Self::Unavailable | Self::TimedOut | Self::TooBusy => RETRY_AFTER,
            // Rounded up: a client that comes back a moment early would be refused again.
            Self::LoginPaused { retry_after } => (retry_after.as_secs() + 1).into(),
            Self::RateLimited { retry_after, .. } | Self::Suspended { retry_after } => {
                seconds(*retry_after).max(1).into()
            }
            _ => return None,
        };
        Some((header::RETRY_AFTER, value))
    }

    pub(crate) fn problem(&self) -> Problem<'_> {
        let status = self.status();
        Problem {
            r#type: self.problem_type(),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code(),
            errors: self.fields(),
            violated_policies: self.violated_policy().map(|purpose| [purpose.as_str()]),
        }
    }

    /// The challenge of a 401. No scheme is registered for a form, and browsers show no dialogue
    /// for a scheme they do not know.
    pub(crate) fn challenge(&self) -> Option<(HeaderName, HeaderValue)> {
        let scheme = match self.code() {
            ProblemCode::Unauthenticated => "Bearer",
            ProblemCode::PasswordRequired => "Form",
            _ => return None,
        };
        Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme)))
    }

    fn problem_type(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } | Self::LoginPaused { .. } => QUOTA_EXCEEDED,
            Self::Suspended { .. } => ABNORMAL_USAGE,
            _ => NO_TYPE,
        }
    }

    fn violated_policy(&self) -> Option<Purpose> {
        match self {
            Self::RateLimited { purpose, .. } => Some(*purpose),
            Self::LoginPaused { .. } => Some(Purpose::Login),
            _ => None,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::InvalidFields(errors) => errors,
            _ => &[],
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let body =
            serde_json::to_vec(&self.problem()).expect("a problem is made of texts and numbers");
        let headers = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, NO_STORE)];
        let also = AppendHeaders(self.retry_after().into_iter().chain(self.challenge()));
        (status, headers, also, body).into_response()
    }
}

#[cfg(test)]
mod tests;
