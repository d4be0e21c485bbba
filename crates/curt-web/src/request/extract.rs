//! What handlers take from a request; every refusal is a problem like any other.

use std::{convert::Infallible, net::IpAddr, str::FromStr};

use axum::{
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use curt_domain::Code;
use curt_store::{ExpectedRevision, REPLAY_KEY_LEN_MAX};
use http_body::Body as _;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use sha2::{Digest as _, Sha256};

use crate::{
    request::body::BodyTooSlow,
    response::{ApiError, FieldError, ProblemCode},
};

/// Largest body of an API request, in bytes: a link with everything in it stays under 20 kB.
pub(crate) const BODY_LEN_MAX: usize = 64 * 1024;

/// A JSON body, and its raw bytes.
pub(crate) struct ApiJson<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json_bytes(request, state, BODY_LEN_MAX).await?;
        Ok(Self { value: from_json(&bytes)?, bytes })
    }
}

/// An unparsed body, declared as JSON and at most `len_max` bytes long.
pub(crate) async fn json_bytes<S: Send + Sync>(
    request: Request,
    state: &S,
    len_max: usize,
) -> Result<Bytes, ApiError> {
    let is_packed = request.headers().contains_key(header::CONTENT_ENCODING);
    if is_packed || !is_json(request.headers()) {
        return Err(ApiError::UnsupportedMediaType);
    }
    body_bytes(request, state, len_max).await
}

/// A body of at most `len_max` bytes.
pub(crate) async fn body_bytes<S: Send + Sync>(
    mut request: Request,
    state: &S,
    len_max: usize,
) -> Result<Bytes, ApiError> {
    // Checked before reading: a client that sent `Expect: 100-continue` waits for this answer.
    if (len_max as u64) < request.body().size_hint().lower() {
        return Err(ApiError::PayloadTooLarge { limit: len_max });
    }
    DefaultBodyLimit::max(len_max).apply(&mut request);
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
            return ApiError::PayloadTooLarge { limit: len_max };
        }
        if BodyTooSlow::caused(&rejection) {
            return ApiError::BodyTooSlow;
        }
        ApiError::BodyBroken
    })
}

/// Parses a body, or a part of one, that must be an object.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, ApiError> {
    check_is_object(json)?;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(invalid_json)?;
    reader.end().map_err(|error| ApiError::InvalidJson { detail: error.to_string() })?;
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Serde would accept an array for a struct, with its items as the fields in order.
fn check_is_object(json: &[u8]) -> Result<(), ApiError> {
    if json.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    match serde_json::from_slice::<IgnoredAny>(json) {
        Ok(IgnoredAny) => Err(ApiError::invalid_field("body", "must be an object")),
        Err(error) => Err(ApiError::InvalidJson { detail: error.to_string() }),
    }
}

/// Tells bad syntax from valid JSON of the wrong shape.
fn invalid_json(error: serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let path = error.path().to_string();
    let inner = error.into_inner();
    if inner.is_data() {
        invalid_field("body", &path, &inner.to_string())
    } else {
        ApiError::InvalidJson { detail: inner.to_string() }
    }
}

/// Serde names the field only in its message; this is the one place that parses those messages. If
/// serde names no field, the error is about the `whole`.
fn invalid_field(whole: &str, path: &str, message: &str) -> ApiError {
    let named = |start| message.strip_prefix(start)?.split('`').next();
    let (field, code, reason) = if let Some(name) = named("unknown field `") {
        (name, ProblemCode::UnknownField, "is not a field")
    } else if let Some(name) = named("missing field `") {
        (name, ProblemCode::InvalidField, "is missing")
    } else if let Some(name) = named("duplicate field `") {
        (name, ProblemCode::InvalidField, "stands there twice")
    } else {
        let reason = message.split(" at line ").next().unwrap_or_default();
        (path, ProblemCode::InvalidField, reason)
    };
    let field = if field.is_empty() || field == "." { whole } else { field };
    ApiError::InvalidFields(vec![FieldError::new(field, code, reason)])
}

/// Query parameters; unknown ones are refused if the type says so.
pub(crate) struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query: Result<Query<T>, _> = Query::try_from_uri(&parts.uri);
        query.map(|Query(value)| Self(value)).map_err(|rejection| {
            let source = std::error::Error::source(&rejection);
            let words = source.map_or_else(|| rejection.to_string(), ToString::to_string);
            // The field's name comes before the message, which repeats it.
            let (name, message) = words.split_once(": ").unwrap_or(("", &words));
            invalid_field("query", name, message)
        })
    }
}

/// The `{short_code}` of a path; what is no code names no link.
pub(crate) struct PathCode(pub Code);

impl<S: Send + Sync> FromRequestParts<S> for PathCode {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| ApiError::NotFound)?;
        text.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// A number as we write it: digits alone, so that an id has one address and not `+5` and `005` too.
pub(crate) fn decimal<T: FromStr>(text: &str) -> Option<T> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    if is_plain && is_short { text.parse().ok() } else { None }
}

/// The client that sent the request; the front sets it for every request it passes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let client = parts.extensions.get::<Self>();
        Ok(*client.expect("the front gives every request its client"))
    }
}

/// The `Idempotency-Key` header, if there is one.
pub(crate) struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || REPLAY_KEY_LEN_MAX < key.len() {
            let message = format!("takes 1 to {REPLAY_KEY_LEN_MAX} visible characters");
            return Err(ApiError::invalid_field("Idempotency-Key", message));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// The revisions in `If-Match`; absent or `*` means any.
pub(crate) struct IfMatch(pub ExpectedRevision);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Ok(Self(ExpectedRevision::Any));
        }
        let values = values.map(|value| value.to_str().unwrap_or_default());
        let tags: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        if tags == ["*"] {
            return Ok(Self(ExpectedRevision::Any));
        }
        // A tag that we never gave matches no revision. Whether that matters is decided only after
        // the rest of the request is found valid (RFC 9110, section 13.2.1).
        let revisions = tags.into_iter().filter_map(|tag| {
            let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
            decimal(digits)
        });
        Ok(Self(ExpectedRevision::OneOf(revisions.collect())))
    }
}

/// The entity tags in `If-None-Match`: the versions that the client already has.
pub(crate) struct IfNoneMatch(Vec<u8>);

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let values = parts.headers.get_all(header::IF_NONE_MATCH).iter();
        let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
        Ok(Self(values.join(&b',')))
    }
}

/// Hash bytes in an entity tag: plenty to tell two versions apart.
const ENTITY_TAG_BYTES: usize = 12;

/// The entity tag for these bytes.
pub(crate) fn entity_tag(of: impl AsRef<[u8]>) -> HeaderValue {
    let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(of)[..ENTITY_TAG_BYTES]);
    format!("\"{hash}\"").try_into().expect("base64 is visible ASCII")
}

impl IfNoneMatch {
    /// Whether the client has the version with this tag. Weak tags count (RFC 9110, section
    /// 13.1.2): proxies that compress turn strong ones into weak ones.
    pub(crate) fn names<'a>(&'a self, tag: &HeaderValue) -> bool {
        let mut tags = self.0.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let strong = |known: &'a [u8]| known.strip_prefix(b"W/").unwrap_or(known);
        tags.any(|known| known == b"*" || strong(known) == tag.as_bytes())
    }
}

#[cfg(test)]
mod tests;
