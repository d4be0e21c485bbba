//! What `curt config` shows: each setting, the value that holds, and who gave it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    SECTIONS,
    reader::Findings,
    setting::{About, Fallback},
    sources::Source,
};

/// A setting as it will be used. Nothing in here is secret.
#[derive(Debug)]
pub(crate) struct Effective {
    key: &'static str,
    value: String,
    source: String,
}

pub(super) fn list(findings: &Findings) -> Vec<Effective> {
    let abouts = SECTIONS.iter().flat_map(|section| section.settings);
    abouts.map(|about| effective(about, findings)).collect()
}

fn effective(about: &'static About, findings: &Findings) -> Effective {
    let key = about.key;
    if let Some(given) = findings.given.get(key) {
        let source = given.source.to_string();
        return Effective { key, value: about.disclose(&given.text), source };
    }
    let derived = findings.derived.get(key).cloned();
    let value = derived.unwrap_or_else(|| match about.fallback {
        Fallback::Value(text) => text.to_owned(),
        Fallback::Described(_) => "-".to_owned(),
    });
    Effective { key, value, source: Source::Default.to_string() }
}

/// Three columns for people.
pub(crate) fn table(effective: &[Effective]) -> String {
    let width = |of: fn(&Effective) -> &str| {
        effective.iter().map(|setting| of(setting).chars().count()).max().unwrap_or(0)
    };
    let (key_width, value_width) = (width(|s| s.key), width(|s| &s.value));
    let mut table = String::new();
    for Effective { key, value, source } in effective {
        writeln!(table, "{key:key_width$}  {value:value_width$}  {source}")
            .expect("writing to a string cannot fail");
    }
    table
}

/// The same for programs.
pub(crate) fn json(effective: &[Effective]) -> Value {
    let settings: Vec<Value> = effective
        .iter()
        .map(|Effective { key, value, source }| json!({"key": key, "value": value, "source": source}))
        .collect();
    json!({ "settings": settings })
}
