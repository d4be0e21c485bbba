//! The codes of problems, which programs branch on. Part of the API: once published, a code never
//! changes its meaning or its status.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Every code with its word, status and meaning, so that none of them can be missing.
macro_rules! problem_codes {
    ($($name:ident: $word:literal, $status:ident, $meaning:literal;)*) => {
        /// Says what went wrong, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum ProblemCode {
            $($name,)*
        }

        impl ProblemCode {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            /// For readers of the API's documentation; continues after the code.
            pub(crate) const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

problem_codes! {
    InvalidJson: "invalid_json", BAD_REQUEST, "the body is not JSON, or not all of it arrived";
    InvalidHost: "invalid_host", BAD_REQUEST, "the request names no valid host, or more than one";
    Unauthenticated: "unauthenticated", UNAUTHORIZED, "the key, the token or the password is missing or wrong";
    PasswordRequired: "password_required", UNAUTHORIZED,
        "the link asks for a password, and this was none or the wrong one";
    Forbidden: "forbidden", FORBIDDEN, "the key or the account lacks the right to do this";
    CrossSiteRequest: "cross_site_request", FORBIDDEN,
        "a page of another site sent the request with the cookie of this one";
    ClientBlocked: "client_blocked", FORBIDDEN,
        "an administrator has blocked the address that this comes from";
    NotFound: "not_found", NOT_FOUND, "there is no such thing";
    MethodNotAllowed: "method_not_allowed", METHOD_NOT_ALLOWED,
        "the path does not answer to the method; `Allow` names those it does";
    RequestTimeout: "request_timeout", REQUEST_TIMEOUT, "the body came too slowly";
    CodeTaken: "code_taken", CONFLICT, "the code that was wished for belongs to another link";
    EmailTaken: "email_taken", CONFLICT, "there is an account with this address already";
    LimitReached: "limit_reached", CONFLICT, "there are as many of these as there may be";
    LastAdministrator: "last_administrator", CONFLICT,
        "this would leave no administrator who can log in";
    IdempotencyInProgress: "idempotency_in_progress", CONFLICT,
        "a request with this `Idempotency-Key` is still being answered";
    LinkGone: "link_gone", GONE, "the link has expired";
    LinkExhausted: "link_exhausted", GONE, "the link has been followed as often as it may be";
    PreconditionFailed: "precondition_failed", PRECONDITION_FAILED,
        "the link is no longer the one that `If-Match` names";
    PayloadTooLarge: "payload_too_large", PAYLOAD_TOO_LARGE, "the body is too large";
    UriTooLong: "uri_too_long", URI_TOO_LONG, "the path or the query is too long";
    UnsupportedMediaType: "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE,
        "the body is not sent as `application/json`";
    MisdirectedRequest: "misdirected_request", MISDIRECTED_REQUEST,
        "this server is not called by the name that the request gives it";
    InvalidField: "invalid_field", UNPROCESSABLE_ENTITY,
        "a field or parameter has a value it cannot have; `errors` names each of them";
    UnknownField: "unknown_field", UNPROCESSABLE_ENTITY,
        "there is no field or parameter of that name";
    UnsupportedScheme: "unsupported_scheme", UNPROCESSABLE_ENTITY,
        "a URL is neither `http` nor `https`";
    UserinfoNotAllowed: "userinfo_not_allowed", UNPROCESSABLE_ENTITY,
        "a URL carries a user name or password";
    SelfRedirect: "self_redirect", UNPROCESSABLE_ENTITY, "a URL leads back to this server";
    InvalidCode: "invalid_code", UNPROCESSABLE_ENTITY,
        "the code that was wished for is none: letters, digits, `-` and `_` are allowed";
    ReservedCode: "reserved_code", UNPROCESSABLE_ENTITY,
        "the code that was wished for is reserved for a page of this server";
    WeakPassword: "weak_password", UNPROCESSABLE_ENTITY,
        "the new password is too short, too long or easy to guess";
    IdempotencyKeyReused: "idempotency_key_reused", UNPROCESSABLE_ENTITY,
        "this `Idempotency-Key` was used with another body";
    RateLimited: "rate_limited", TOO_MANY_REQUESTS,
        "this was done too often; try again after `Retry-After`";
    BlockedDestination: "blocked_destination", UNPROCESSABLE_ENTITY,
        "a URL leads to a destination that is blocked on this server";
    HeadersTooLarge: "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE,
        "the request has too many headers";
    LinkBlocked: "link_blocked", UNAVAILABLE_FOR_LEGAL_REASONS,
        "the link was blocked by the administrators of this server";
    Internal: "internal", INTERNAL_SERVER_ERROR,
        "the fault is on this side; the log has it under `X-Request-Id`";
    Unavailable: "unavailable", SERVICE_UNAVAILABLE, "not now; try again after `Retry-After`";
    StorageFull: "storage_full", INSUFFICIENT_STORAGE, "the disk is full; nothing was changed";
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One schema for all the codes, in the order of their declaration.
impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let meanings =
            Self::ALL.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.meaning()));
        let description = "Says what went wrong, for programs. A published code never changes its \
                           meaning; new ones may come.\n\n";
        let description = description.to_owned() + &meanings.collect::<Vec<_>>().join("\n");
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .build()
            .into()
    }
}

impl ToSchema for ProblemCode {}
