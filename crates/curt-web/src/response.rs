//! Answers: problems with their codes, and the headers that answers share.

pub(crate) mod errors;
pub(crate) mod headers;
