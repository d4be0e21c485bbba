//! Example requests, as `curl` commands to paste into a shell.

use std::fmt::Write as _;

use serde_json::Value;

use super::json::{entries, items, text};

/// A command, with a summary of what it does.
pub(super) struct Example<'a> {
    pub summary: &'a str,
    pub command: String,
}

/// One for every example body; one for an operation without any.
pub(super) fn examples<'a>(url: &str, method: &str, operation: &'a Value) -> Vec<Example<'a>> {
    let command = command(url, method, operation);
    let bodies = &operation["requestBody"]["content"]["application/json"]["examples"];
    let with_body = entries(bodies).map(|(_, example)| {
        // A single quote would end the shell's quoted text; JSON can escape it.
        let body = format!("{:#}", example["value"]).replace('\'', "\\u0027");
        let kind = "-H 'Content-Type: application/json'";
        Example {
            summary: text(example, "summary"),
            command: format!("{command} \\\n  {kind} \\\n  -d '{body}'"),
        }
    });
    let examples: Vec<_> = with_body.collect();
    if examples.is_empty() {
        return vec![Example { summary: text(operation, "summary"), command }];
    }
    examples
}

fn command(url: &str, method: &str, operation: &Value) -> String {
    let mut command = match method {
        "GET" => "curl".to_owned(),
        "HEAD" => "curl --head".to_owned(),
        other => format!("curl -X {other}"),
    };
    let mut url = url.to_owned();
    for parameter in items(&operation["parameters"]).filter(|p| p["in"] == "path") {
        let example = match &parameter["schema"]["examples"][0] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        url = url.replace(&format!("{{{}}}", text(parameter, "name")), &example);
    }
    let write = write!(command, " {url}");
    write.expect("writing to a string cannot fail");
    if operation.get("security").is_some() {
        command.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
    }
    command
}
