//! Answers: problems with their codes, and the headers that answers share.

mod codes;
mod errors;
mod field_error;
pub(crate) mod headers;
mod store_errors;

pub(crate) use codes::ProblemCode;
pub(crate) use errors::{ApiError, Problem};
pub(crate) use field_error::FieldError;
