//! What is wrong with one field of a request.

use curt_domain::{InvalidCode, InvalidTarget, InvalidText, WeakPassword};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::ProblemCode;

/// Bytes shown of a field's name and of its error: both may quote input of any length.
pub(super) const NAME_LEN_SHOWN: usize = 100;
pub(super) const MESSAGE_LEN_SHOWN: usize = 200;

/// One thing that is wrong with one field of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The field's name; an item of a list as `tags[2]`.
    #[schema(examples("max_clicks"))]
    pub field: String,
    pub code: ProblemCode,
    /// What is wrong, in English, to be read after the field's name.
    #[schema(examples("must be at least 1 and below 2^53"))]
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(field: &str, code: ProblemCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        message.truncate(message.floor_char_boundary(MESSAGE_LEN_SHOWN));
        let field = &field[..field.floor_char_boundary(NAME_LEN_SHOWN)];
        Self { field: field.to_owned(), code, message }
    }

    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(field, ProblemCode::InvalidField, message)
    }

    pub(crate) fn target(field: &str, error: &InvalidTarget) -> Self {
        let code = match error {
            InvalidTarget::UnsupportedScheme { .. } => ProblemCode::UnsupportedScheme,
            InvalidTarget::UserinfoNotAllowed => ProblemCode::UserinfoNotAllowed,
            InvalidTarget::SelfRedirect => ProblemCode::SelfRedirect,
            InvalidTarget::Malformed { .. } | InvalidTarget::TooLong => ProblemCode::InvalidField,
        };
        Self::new(field, code, error.to_string())
    }

    pub(crate) fn blocked(field: &str) -> Self {
        let words = "leads to a destination that is blocked on this server";
        Self::new(field, ProblemCode::BlockedDestination, words)
    }

    pub(crate) fn code(field: &str, error: InvalidCode) -> Self {
        Self::new(field, ProblemCode::InvalidCode, error.to_string())
    }

    pub(crate) fn password(field: &str, weak: WeakPassword) -> Self {
        Self::new(field, ProblemCode::WeakPassword, weak.to_string())
    }

    pub(crate) fn text(field: &str, error: InvalidText) -> Self {
        Self::invalid(field, error.to_string())
    }
}
