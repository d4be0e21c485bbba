//! `/docs`: the OpenAPI document as a page for people.
//!
//! The page is self-contained and runs no scripts, so it works without a network and under the same
//! policy as every other page; example requests are shown as `curl` commands.

use askama::Template;
use axum::http::HeaderValue;
use serde_json::Value;

use crate::pages;

mod fields;
mod json;
mod requests;

use fields::{Field, Object};
use json::{entries, html, items, object_name, resolve, text};
use requests::Example;

const STYLE: &str = include_str!("../../templates/docs.css");

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    style: &'a str,
    version: &'a str,
    /// HTML, as in all fields of this name.
    introduction: String,
    groups: Vec<Group<'a>>,
    objects: Vec<Object<'a>>,
}

/// Operations that belong together.
struct Group<'a> {
    name: &'a str,
    about: String,
    operations: Vec<Operation<'a>>,
}

struct Operation<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    summary: &'a str,
    about: String,
    /// What a key must be allowed to do, if one is needed.
    needs: Option<String>,
    parameters: Vec<Field<'a>>,
    /// The object that a body must be.
    body: Option<&'a str>,
    examples: Vec<Example<'a>>,
    answers: Vec<Answer<'a>>,
}

struct Answer<'a> {
    status: &'a str,
    about: String,
    /// The object in the answer's body.
    object: Option<&'a str>,
    headers: Vec<(&'a str, String)>,
    example: Option<String>,
}

/// The content security policy of the page.
pub(super) fn policy() -> HeaderValue {
    pages::policy_for(STYLE)
}

/// The page for this document.
pub(super) fn render(document: &Value) -> String {
    let text = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let page = DocsPage {
        style: STYLE,
        version: text("/info/version"),
        introduction: html(text("/info/description")),
        groups: groups(document),
        objects: fields::objects(document),
    };
    page.render().expect("the page writes texts to a string, which cannot fail")
}

fn groups(document: &Value) -> Vec<Group<'_>> {
    let group = |tag| {
        let name = text(tag, "name");
        let operations = operations(document).filter(|(_, _, op)| op["tags"][0] == name);
        Group {
            name,
            about: html(text(tag, "description")),
            operations: operations.map(|all| Operation::new(document, all)).collect(),
        }
    };
    items(&document["tags"]).map(group).collect()
}

/// Path, method and operation of every operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        entries(item).map(move |(method, operation)| (path, method, operation))
    })
}

impl<'a> Operation<'a> {
    fn new(document: &'a Value, (path, method, operation): (&'a str, &str, &'a Value)) -> Self {
        let body = &operation["requestBody"]["content"]["application/json"];
        let server = document["servers"][0]["url"].as_str().unwrap_or_default();
        let method = method.to_ascii_uppercase();
        Self {
            id: text(operation, "operationId"),
            path,
            summary: text(operation, "summary"),
            about: html(text(operation, "description")),
            needs: operation.get("security").map(needs),
            parameters: items(&operation["parameters"]).map(Field::of_parameter).collect(),
            body: object_name(&body["schema"]),
            examples: requests::examples(&format!("{server}{path}"), &method, operation),
            answers: entries(&operation["responses"])
                .map(|(status, answer)| Answer::new(status, resolve(answer, document), document))
                .collect(),
            method,
        }
    }
}

/// In words: `a key with links:read`.
fn needs(security: &Value) -> String {
    let mut scopes: Vec<&str> =
        items(security).flat_map(|way| items(&way["key"])).filter_map(Value::as_str).collect();
    scopes.dedup();
    if scopes.is_empty() { "a key".to_owned() } else { format!("a key: {}", scopes.join(" or ")) }
}

impl<'a> Answer<'a> {
    fn new(status: &'a str, answer: &'a Value, document: &'a Value) -> Self {
        let json = &answer["content"]["application/json"];
        // Every answer has a request id; the introduction says so once.
        let headers = entries(&answer["headers"]).filter(|(name, _)| *name != "X-Request-Id");
        let example = json.get("example").map(|example| format!("{example:#}"));
        Self {
            status,
            about: html(text(answer, "description")),
            object: object_name(&json["schema"]),
            headers: headers
                .map(|(name, header)| (name, html(text(resolve(header, document), "description"))))
                .collect(),
            example,
        }
    }
}
