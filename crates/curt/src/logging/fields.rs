//! The fields of an event or span, cut to size before anything keeps them.

use std::{
    error::Error,
    fmt::{self, Write as _},
};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// Longest value in a log line, in characters: enough for any honest value, short in a flood.
pub(super) const VALUE_LEN_MAX: usize = 512;

/// The name of the field that holds an event's text.
pub(super) const MESSAGE: &str = "message";

/// Names and values in the order in which they were recorded.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, Value)>);

impl Fields {
    fn push_text(&mut self, field: &Field, text: impl fmt::Display) {
        self.0.push((field.name(), Value::String(cut(text))));
    }

    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push((field.name(), value.into()));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_text(field, value);
    }

    /// Includes the causes: the outer error says what we did, not what went wrong.
    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.push_text(field, Chain(error));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value);
    }
}

struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// Formats at most [`VALUE_LEN_MAX`] characters and stops there, so a megabyte is never built.
fn cut(text: impl fmt::Display) -> String {
    let mut cut = Cut { text: String::new(), left: VALUE_LEN_MAX };
    if write!(cut, "{text}").is_err() {
        cut.text.push('…');
    }
    cut.text
}

struct Cut {
    text: String,
    left: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for char in piece.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(char);
        }
        Ok(())
    }
}
