//! The output of `curt config`: each setting, its value, and which source set it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    reader::Findings,
    sections::abouts,
    setting::{About, Fallback},
    sources::Source,
};

/// A setting as it will be used. It holds no secret.
#[derive(Debug)]
pub(crate) struct Effective {
    key: &'static str,
    /// Absent if no source set it and it has no default.
    value: Option<String>,
    source: String,
}

pub(super) fn list(findings: &Findings) -> Vec<Effective> {
    abouts().map(|about| effective(about, findings)).collect()
}

fn effective(about: &'static About, findings: &Findings) -> Effective {
    let key = about.key;
    if let Some(given) = findings.given.get(key) {
        let source = given.source.to_string();
        return Effective { key, value: Some(about.disclose(&given.text)), source };
    }
    let value = match about.fallback {
        Fallback::Value(text) => Some(text.to_owned()),
        Fallback::EmptyList | Fallback::Described(_) => findings.derived.get(key).cloned(),
    };
    Effective { key, value, source: Source::Default.to_string() }
}

/// Three columns for people.
pub(crate) fn table(effective: &[Effective]) -> String {
    let width = |of: fn(&Effective) -> &str| {
        effective.iter().map(|setting| of(setting).chars().count()).max().unwrap_or(0)
    };
    let (key_width, value_width) = (width(|setting| setting.key), width(Effective::shown));
    let mut table = String::new();
    for setting in effective {
        let Effective { key, source, .. } = setting;
        writeln!(table, "{key:key_width$}  {:value_width$}  {source}", setting.shown())
            .expect("writing to a string cannot fail");
    }
    table
}

impl Effective {
    fn shown(&self) -> &str {
        self.value.as_deref().unwrap_or("-")
    }
}

/// The same for programs.
pub(crate) fn json(effective: &[Effective]) -> Value {
    let settings: Vec<Value> = effective
        .iter()
        .map(|Effective { key, value, source }| json!({"key": key, "value": value, "source": source}))
        .collect();
    json!({ "settings": settings })
}
