//! The OpenAPI document, and whether it is correct.

use std::time::Duration;

use curt_domain::ClickTotals;
use curt_journal::Durability;
use curt_web::BackupState;
use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, TestApp, people},
    contract::{resolve, validator},
};

async fn document(app: &TestApp) -> Value {
    app.ask("GET", "/openapi.json").await.ok(200)
}

#[tokio::test]
async fn the_document_is_what_we_mean_to_publish() {
    let document = document(&TestApp::start().await).await;
    assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn who_has_the_document_does_not_get_it_again() {
    let app = TestApp::start().await;
    let first = app.ask("GET", "/openapi.json").await;
    let tag = first.header("etag");
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    for known in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
        let again = app.ask("GET", "/openapi.json").header("if-none-match", known).await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, tag), "{known}");
        assert!(again.body.is_empty());
    }
    for unknown in ["\"other\"", "", "other"] {
        let again = app.ask("GET", "/openapi.json").header("if-none-match", unknown).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &first.body), "{unknown}");
    }
}

#[tokio::test]
async fn links_without_a_key_are_in_the_document_where_they_are_allowed() {
    let security = |document: &Value| document["paths"]["/api/v1/urls"]["post"]["security"].clone();
    let closed = TestApp::start().await;
    assert_eq!(
        security(&document(&closed).await),
        json!([{ "key": ["links:write"] }, { "session": ["links:write"] }])
    );
    let open = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    assert_eq!(
        security(&document(&open).await),
        json!([{}, { "key": ["links:write"] }, { "session": ["links:write"] }])
    );
}

/// Every operation with its method and its path.
fn operations(document: &Value) -> Vec<(Method, &str, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_ascii_uppercase().parse().unwrap();
            operations.push((method, path.as_str(), operation));
        }
    }
    operations
}

/// A server with the one link that the examples are about.
async fn server_of_examples(document: &Value) -> TestApp {
    let app = TestApp::with(|settings| settings.clicks = Some(Durability::Process)).await;
    let create = &document["paths"]["/api/v1/urls"]["post"]["requestBody"]["content"];
    let everything = &create["application/json"]["examples"]["everything"]["value"];
    assert_eq!(app.create(everything).await.ok(201)["id"], 1);
    app
}

/// Operations that need a secret from the same running server.
const NOT_REPEATABLE: [&str; 2] = ["bootstrap", "refresh_tokens"];

/// A server on which the operation's examples succeed, the key to use, and the path.
async fn ready_for(document: &Value, operation: &Value, path: &str) -> (TestApp, String, String) {
    if operation["tags"] == json!(["links"]) && path.contains("{id}") {
        let app = server_of_examples(document).await;
        return (app, ADMIN_KEY.to_owned(), path.replace("{id}", "1"));
    }
    if path == "/api/v1/reports" {
        return (server_of_examples(document).await, ADMIN_KEY.to_owned(), path.to_owned());
    }
    let app = TestApp::open_to_all().await;
    let is_public = operation["security"].is_null();
    if !is_public && !path.starts_with("/api/v1/auth/") && path != "/api/v1/keys" {
        let path = if path.contains("{id}") {
            let ada = app.person("ada@example.com").await;
            path.replace("{id}", &ada.id.to_string())
        } else {
            path.to_owned()
        };
        return (app, ADMIN_KEY.to_owned(), path);
    }
    let ada = app.person("ada@example.com").await;
    (app, ada.access, path.to_owned())
}

#[tokio::test]
async fn every_example_of_a_request_succeeds() {
    let document = document(&TestApp::start().await).await;
    let mut sent = 0;
    for (method, path, operation) in operations(&document) {
        let content = &operation["requestBody"]["content"]["application/json"];
        if content.is_null() {
            continue;
        }
        let schema = validator(&content["schema"], &document);
        let examples = content["examples"].as_object().unwrap();
        assert!(!examples.is_empty(), "{path} has no example");
        for (name, example) in examples {
            let body = &example["value"];
            let errors: Vec<_> = schema.iter_errors(body).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{name} of {path}: {errors:?}");
            let id = operation["operationId"].as_str().unwrap();
            if NOT_REPEATABLE.contains(&id) {
                continue;
            }
            let (app, key, path) = ready_for(&document, operation, path).await;
            let answer = app.ask(method.as_str(), &path).key(&key).json(body).await;
            let status = answer.status.as_u16();
            let documented = &operation["responses"][status.to_string()];
            assert!(answer.status.is_success() && !documented.is_null(), "{name}: {answer:?}");
            sent += 1;
        }
    }
    assert!(6 <= sent, "{sent}");
}

#[tokio::test]
async fn every_example_of_an_answer_is_one_that_is_given() {
    let document = document(&TestApp::start().await).await;
    let example = |path: &str, method: &str, status: &str| {
        let response = &document["paths"][path][method]["responses"][status];
        response["content"]["application/json"]["example"].clone()
    };
    let app = server_of_examples(&document).await;
    let link = example("/api/v1/urls/{id}", "get", "200");
    assert_eq!(app.link(1).await.ok(200), link);
    assert_eq!(example("/api/v1/urls", "post", "201"), link);
    assert_eq!(app.links("").await.ok(200), example("/api/v1/urls", "get", "200"));
    let two = &document["paths"]["/api/v1/urls/bulk"]["post"]["requestBody"]["content"];
    let two = &two["application/json"]["examples"]["two"]["value"];
    let bulk =
        TestApp::start().await.ask("POST", "/api/v1/urls/bulk").key(ADMIN_KEY).json(two).await;
    assert_eq!(bulk.ok(200), example("/api/v1/urls/bulk", "post", "200"));
    app.edit(1, &json!({ "title": "New" })).await.ok(200);
    let history = example("/api/v1/urls/{id}/history", "get", "200");
    assert_eq!(app.history(1, "").await.ok(200), history);
    let classes = ClickTotals { human: 3, bot: 2, preview: 1, ..ClickTotals::default() };
    app.count(1, "2026-01-30T09:10:00Z", classes).await;
    app.count(1, "2025-12-20T09:10:00Z", people(2)).await;
    let summary = example("/api/v1/analytics/{short_code}/summary", "get", "200");
    assert_eq!(app.summary("spring", "").await.ok(200), summary);
    let series = example("/api/v1/analytics/{short_code}/timeseries", "get", "200");
    assert_eq!(app.series("spring", "days=3&tz=Europe/Berlin").await.ok(200), series);
    let hour = Duration::from_hours(1);
    let newest_at = Some(app.clock.now().minus(hour));
    app.node.set_backup(BackupState { newest_at, age_max: 25 * hour, failing: false });
    let mut health = app.ask("GET", "/api/v1/health").await.ok(200);
    health["database"]["latency_ms"] = json!(0.12);
    health["counting"]["journal_bytes"] = json!(32 << 20);
    health["counting"]["lag_s"] = json!(0.1);
    health["counting"]["depth"] = json!(12);
    health["counting"]["clicks_per_s"] = json!(104.5);
    assert_eq!(health, example("/api/v1/health", "get", "200"));
}

#[tokio::test]
async fn every_example_and_default_fits_its_schema() {
    let document = document(&TestApp::start().await).await;
    let mut checked = 0;
    for (_, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(response, &document);
            for content in response["content"].as_object().into_iter().flat_map(|all| all.values())
            {
                if let Some(example) = content.get("example") {
                    let schema = validator(&content["schema"], &document);
                    assert!(schema.is_valid(example), "{path} {status}: {example:#}");
                    checked += 1;
                }
            }
        }
    }
    checked += check_schemas(&document["paths"], &document);
    checked += check_schemas(&document["components"]["schemas"], &document);
    assert!(50 < checked, "{checked}");
}

/// Checks all schemas below; returns how many examples and defaults it checked.
fn check_schemas(value: &Value, document: &Value) -> usize {
    let mut checked = 0;
    if let Value::Object(object) = value {
        if object.get("type").is_some_and(|kind| kind.is_string() || kind.is_array()) {
            let schema = validator(value, document);
            let examples = object.get("examples").and_then(Value::as_array);
            for example in examples.into_iter().flatten().chain(object.get("default")) {
                assert!(schema.is_valid(example), "{example} is none of {value:#}");
                checked += 1;
            }
        }
        // The contents of an example are no schema, whatever its fields are called.
        let below = object.iter().filter(|(name, _)| !name.starts_with("example"));
        checked += below.map(|(_, value)| check_schemas(value, document)).sum::<usize>();
    } else if let Value::Array(items) = value {
        checked += items.iter().map(|value| check_schemas(value, document)).sum::<usize>();
    }
    checked
}

#[tokio::test]
async fn every_operation_says_what_it_is_for() {
    let document = document(&TestApp::start().await).await;
    let mut names: Vec<&str> = Vec::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        for field in ["summary", "description", "operationId"] {
            assert!(
                operation[field].as_str().is_some_and(|text| !text.is_empty()),
                "{place}: {field}"
            );
        }
        let group = &operation["tags"][0];
        assert!(
            document["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == *group),
            "{place}"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{place}: {}", parameter["name"]);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(response, &document);
            let has_id = response["headers"].get("X-Request-Id").is_some();
            assert!(has_id && response["description"] != "", "{place}: {status}");
        }
        names.push(operation["operationId"].as_str().unwrap());
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "an operation's name stands twice");
}

#[tokio::test]
async fn the_page_has_every_operation_and_every_object() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let page = app.visit("/docs").await;
    assert_eq!(page.status, 200);
    let text = page.page();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(text.contains(&format!("<article id=\"{id}\">")), "{method} {path}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("<article id=\"{name}\">")), "{name}");
    }
    // Every link inside the page leads somewhere, and nothing is fetched from other hosts.
    for link in text.split("href=\"#").skip(1) {
        let name = link.split('"').next().unwrap();
        assert!(text.contains(&format!("id=\"{name}\"")), "{name}");
    }
    assert!(!text.contains("src=") && !text.contains("href=\"http"));
    assert!(text.contains("curl -X POST https://sho.rt/api/v1/urls \\\n  -H &#34;Authorization"));
}
