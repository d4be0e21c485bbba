//! Fields and parameters in words: what each means, and which values it takes.

use serde_json::Value;

use super::json::{entries, html, items, object_name, text};

/// An object of the API.
pub(super) struct Object<'a> {
    pub name: &'a str,
    pub about: String,
    pub fields: Vec<Field<'a>>,
}

/// A field of an object, or a parameter.
pub(super) struct Field<'a> {
    pub name: &'a str,
    pub required: bool,
    /// Where a parameter is sent: `path`, `query` or `header`.
    pub place: &'a str,
    pub kind: String,
    /// The object that the field is, or is a list of.
    pub object: Option<&'a str>,
    pub about: String,
    pub limits: Vec<String>,
    pub words: Vec<String>,
}

pub(super) fn objects(document: &Value) -> Vec<Object<'_>> {
    let schemas = entries(&document["components"]["schemas"]);
    let object = |(name, schema)| Object {
        name,
        about: html(text(schema, "description")),
        fields: entries(&schema["properties"])
            .map(|(name, field)| {
                let is_required = |required: &Value| *required == name;
                Field::new(name, field, items(&schema["required"]).any(is_required))
            })
            .collect(),
    };
    schemas.map(object).collect()
}

impl<'a> Field<'a> {
    fn new(name: &'a str, schema: &'a Value, required: bool) -> Self {
        Self {
            name,
            required,
            place: "",
            kind: kind(schema),
            object: object_name(schema).or_else(|| object_name(&schema["items"])),
            about: html(text(schema, "description")),
            limits: limits(schema).chain(limits(&schema["items"])).collect(),
            words: words(schema),
        }
    }

    pub(super) fn of_parameter(parameter: &'a Value) -> Self {
        let required = parameter["required"] == true;
        Self {
            place: text(parameter, "in"),
            about: html(text(parameter, "description")),
            ..Self::new(text(parameter, "name"), &parameter["schema"], required)
        }
    }
}

/// The type in words; empty for a field with its own object.
fn kind(schema: &Value) -> String {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => items(several).filter_map(Value::as_str).collect(),
    };
    let word = |kind: &&str| match (*kind, text(schema, "format")) {
        ("string", "date-time") => "time".to_owned(),
        ("string", "uri") => "URL".to_owned(),
        ("array", _) => {
            format!("list of {}", kind_of_items(&schema["items"])).trim_end().to_owned()
        }
        (kind, _) => kind.to_owned(),
    };
    types.iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn kind_of_items(schema: &Value) -> String {
    let kind = kind(schema);
    if kind.is_empty() { kind } else { format!("{kind}s") }
}

fn limits(schema: &Value) -> impl Iterator<Item = String> {
    let range = |min: &str, max: &str, unit: &str| match (&schema[min], &schema[max]) {
        (Value::Null, Value::Null) => None,
        (min, Value::Null) => Some(format!("at least {min}{unit}")),
        (Value::Null, max) => Some(format!("at most {max}{unit}")),
        (min, max) => Some(format!("{min} to {max}{unit}")),
    };
    let default = schema.get("default").map(|default| match default {
        Value::String(text) => format!("default {text}"),
        other => format!("default {other}"),
    });
    let limits = [
        range("minimum", "maximum", ""),
        range("minLength", "maxLength", " characters"),
        range("minItems", "maxItems", " items"),
        default,
    ];
    limits.into_iter().flatten()
}

fn words(schema: &Value) -> Vec<String> {
    let word = |word: &Value| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
    items(&schema["enum"]).map(word).collect()
}
