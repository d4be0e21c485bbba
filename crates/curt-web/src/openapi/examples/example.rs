//! What an example is.

use serde_json::Value;

/// A request body for an operation, with a summary of its purpose.
#[derive(Clone)]
pub(super) struct RequestExample {
    pub operation: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    pub body: Value,
}

/// The body of every answer with this schema.
#[derive(Clone)]
pub(super) struct AnswerExample {
    pub schema: &'static str,
    pub body: Value,
}
