//! What the API refused, in the words of the command line.

use http::StatusCode;
use serde::Deserialize;

use crate::{failure::Exit, visible::visible};

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
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mistake {
    pub(crate) field: String,
    pub(crate) code: String,
    pub(crate) message: String,
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

    /// What is wrong, one by one: the field's name, empty where it is about no field, the code,
    /// and the words.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let whole = self.errors.is_empty().then_some(("", &*self.code, &*self.detail));
        let fields = self.errors.iter().map(|Mistake { field, code, message }| {
            (field.as_str(), code.as_str(), message.as_str())
        });
        whole.into_iter().chain(fields)
    }

    /// A line for each mistake, with the flag that a person would correct.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(field, _, words): (&str, &str, &str)| match field {
            "" => visible(words).into_owned(),
            field => format!("{} {}", visible(&flag(field)), visible(words)),
        };
        self.mistakes().map(line).collect()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines().join("; "))
    }
}

impl std::error::Error for Problem {}

/// Flags are called as the fields are, where nothing shorter is clear.
fn flag(field: &str) -> String {
    // Of a list it is the item that is wrong: `tags[0]`.
    match field.split('[').next().unwrap_or(field) {
        "original_url" => "URL".to_owned(),
        "short_code" => "CODE".to_owned(),
        "custom_alias" => "--alias".to_owned(),
        "tags" => "--tag".to_owned(),
        "redirect_status" => "--status".to_owned(),
        name => format!("--{}", name.replace('_', "-").to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests;
