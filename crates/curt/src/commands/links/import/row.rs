//! A row of an import: the body of a create, or what is wrong with the row.

use curt_domain::LinkStatus;
use serde_json::{Map, Value};

use super::super::columns::{HAS_PASSWORD, Import, PASSWORD, column};
use crate::failure::Mistake;

/// One link to be made.
pub(super) struct Row {
    /// The line where it begins, counted from 1.
    pub(super) line: u64,
    /// The body of a create, or why there is none.
    pub(super) link: Result<Map<String, Value>, Vec<Mistake>>,
    /// The row's name for its code: links have a `short_code`, creates a `custom_alias`.
    pub(super) code_field: &'static str,
}

impl Row {
    pub(super) fn new(line: u64, fields: Result<Map<String, Value>, Vec<Mistake>>) -> Self {
        let has = |name| fields.as_ref().is_ok_and(|fields| fields.contains_key(name));
        let code_field = if has("short_code") { "short_code" } else { "custom_alias" };
        Self { line, link: fields.and_then(to_create), code_field }
    }
}

/// Turns an exported link into the body of a create; leaves the body of a create as it is.
fn to_create(mut fields: Map<String, Value>) -> Result<Map<String, Value>, Vec<Mistake>> {
    let had_password = match fields.get(HAS_PASSWORD) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(had)) => *had,
        Some(_) => return Err(vec![Mistake::new(HAS_PASSWORD, "is neither true nor false")]),
    };
    let is_set = |name: &str| column(name).is_none_or(|column| column.import == Import::Sets);
    fields.retain(|name, value| !value.is_null() && is_set(name));
    if let Some(code) = fields.remove("short_code")
        && fields.insert("custom_alias".to_owned(), code).is_some()
    {
        return Err(vec![Mistake::new(
            "short_code",
            "is the same as custom_alias; give one of them",
        )]);
    }
    // A link that was protected must not become public by an import.
    if had_password && !fields.contains_key(PASSWORD) {
        let words = "is missing: the link had one; give it one, or set has_password to false";
        return Err(vec![Mistake::new(PASSWORD, words)]);
    }
    let status = fields.get("status").and_then(Value::as_str);
    let known = LinkStatus::ALL.into_iter().find(|known| status == Some(known.as_str()));
    match known {
        Some(LinkStatus::Deleted) => {
            return Err(vec![Mistake::new("status", "is deleted; such links are not made")]);
        }
        // These follow from the other fields.
        Some(
            LinkStatus::Active
            | LinkStatus::Scheduled
            | LinkStatus::Expired
            | LinkStatus::Exhausted,
        ) => drop(fields.remove("status")),
        // What was taken from visitors there is not given to them here.
        Some(LinkStatus::Blocked) => drop(fields.insert("status".to_owned(), "disabled".into())),
        // The API refuses unknown words itself.
        Some(LinkStatus::Disabled) | None => {}
    }
    Ok(fields)
}
