//! The API's refusals, in the words of the command line.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Exit;
use crate::visible::visible;

/// A problem as the API describes it (RFC 9457).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<Mistake>,
}

/// One thing that is wrong with one field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mistake {
    pub(crate) field: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Mistake {
    /// A mistake found before the request was sent, with the code that the API uses for such.
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: "invalid_field".to_owned(), message: message.into() }
    }
}

impl Problem {
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| Self {
            status: status.as_u16(),
            code: "internal".to_owned(),
            detail: format!("the API answered {status}"),
            errors: Vec::new(),
        })
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.status {
            404 => Exit::NotFound,
            400..500 => Exit::Rejected,
            _ => Exit::Failed,
        }
    }

    /// The mistakes one by one; a mistake about no field has an empty field.
    pub(crate) fn into_mistakes(self) -> Vec<Mistake> {
        if self.errors.is_empty() {
            return vec![Mistake { field: String::new(), code: self.code, message: self.detail }];
        }
        self.errors
    }

    /// One line for each mistake, naming the flag to correct.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |mistake: Mistake| match mistake.field.as_str() {
            "" => visible(&mistake.message).into_owned(),
            field => format!("{} {}", visible(&flag(field)), visible(&mistake.message)),
        };
        self.clone().into_mistakes().into_iter().map(line).collect()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines().join("; "))
    }
}

impl std::error::Error for Problem {}

/// A flag has the name of its field, unless a shorter name is clear.
fn flag(field: &str) -> String {
    // In a list, one item is wrong: `tags[0]`.
    match field.split('[').next().unwrap_or(field) {
        "original_url" => "URL".to_owned(),
        "short_code" => "CODE".to_owned(),
        "network" => "NETWORK".to_owned(),
        "custom_alias" => "--alias".to_owned(),
        "tags" => "--tag".to_owned(),
        "redirect_status" => "--status".to_owned(),
        name => format!("--{}", name.replace('_', "-").to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests;
