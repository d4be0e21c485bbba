//! Whether today's answer contains everything that an old answer contained.

use serde_json::Value;

/// The differences, as lines for people. Objects may have additional fields: those are new.
pub(super) fn differences(place: &str, old: &Value, new: &Value) -> Vec<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old
            .iter()
            .flat_map(|(name, old)| {
                let new = new.get(name).unwrap_or(&Value::Null);
                differences(&format!("{place} {name}"), old, new)
            })
            .collect(),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .flat_map(|(index, (old, new))| differences(&format!("{place} {index}"), old, new))
            .collect(),
        (old, new) if old == new => Vec::new(),
        (old, new) => vec![format!("{place}: was {old}, is {new}")],
    }
}

#[test]
fn what_is_missing_more_or_otherwise_is_told() {
    let compare = |old: &str, new: &str| {
        let [old, new] = [old, new].map(|text| serde_json::from_str(text).unwrap());
        differences("it", &old, &new).join("; ")
    };
    assert_eq!(compare(r#"{"a":[1,{"b":null}]}"#, r#"{"a":[1,{"b":null,"c":2}],"d":3}"#), "");
    assert_eq!(compare(r#"{"a":1}"#, r#"{"b":1}"#), "it a: was 1, is null");
    assert_eq!(compare(r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#), "it a 1: was 2, is 3");
    assert_eq!(compare("[1]", "[1,2]"), "it: was [1], is [1,2]");
}
