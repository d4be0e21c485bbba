//! What an example is.

use serde_json::Value;

/// A request body for an operation, under the words that say what it is for.
#[derive(Clone)]
pub(super) struct RequestExample {
    pub operation: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    pub body: Value,
}

/// An answer's body, wherever an operation answers with this schema.
#[derive(Clone)]
pub(super) struct AnswerExample {
    pub schema: &'static str,
    pub body: Value,
}
