//! ERR-01: every failure is answered with a problem, in our words.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
};

const TARGET: &str = "https://example.com/";
const JSON: &str = "application/json";

/// Every endpoint that takes a body.
fn with_body(app: &TestApp, id: u64) -> [Ask; 2] {
    [app.create(&Value::Null), app.edit(id, &Value::Null)]
}

#[tokio::test]
async fn err_01_a_wrong_method_is_told_which_work() {
    let app = TestApp::start().await;
    let wrong = [
        ("POST", "/healthz", "GET,HEAD"),
        ("DELETE", "/readyz", "GET,HEAD"),
        ("PUT", "/", "GET,HEAD"),
        ("POST", "/api/v1/health", "GET,HEAD"),
        ("PUT", "/api/v1/urls", "GET,HEAD,POST"),
        ("DELETE", "/api/v1/urls", "GET,HEAD,POST"),
        ("POST", "/api/v1/urls/1", "GET,HEAD,PATCH,DELETE"),
        ("GET", "/api/v1/urls/1/restore", "POST"),
        ("DELETE", "/api/v1/urls/1/history", "GET,HEAD"),
        ("TRACE", "/api/v1/urls", "GET,HEAD,POST"),
        ("FOO", "/api/v1/urls", "GET,HEAD,POST"),
        ("OPTIONS", "/robots.txt", "GET,HEAD"),
    ];
    for (method, path, allowed) in wrong {
        let answer = app.ask(method, path).key(ADMIN_KEY).await;
        answer.problem(405, "method_not_allowed");
        let names = |list: &str| -> HashSet<String> {
            list.split(',').map(|name| name.trim().to_owned()).collect()
        };
        assert_eq!(names(answer.header("allow")), names(allowed), "{method} {path}");
    }
}

#[tokio::test]
async fn err_01_bodies_that_are_no_json() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let broken: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"{\"original_url\":",
        b"{'original_url':1}",
        b"[",
        b"1 2",
        b"{\"original_url\":\"https://example.com/\"} trailing",
        b"{\"title\":\"\xff\"}",
        b"{\"title\":\"\\ud800\"}",
        b"{\"title\":\"line\nbreak\"}",
        b"\xef\xbb\xbf{}",
    ];
    for body in broken {
        for ask in with_body(&app, id) {
            ask.body(JSON, body).await.problem(400, "invalid_json");
        }
    }
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn err_01_bodies_that_are_no_object() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    for body in ["null", "true", "1", "\"text\"", "[]", "[{}]", "[\"https://example.com/\"]"] {
        for ask in with_body(&app, id) {
            ask.body(JSON, body).await.refuses("body", "invalid_field");
        }
    }
    app.create(&json!({})).await.refuses("original_url", "invalid_field");
}

#[tokio::test]
async fn err_01_deep_nesting_is_neither_followed_nor_echoed() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let deep = |opening: &str, depth| opening.repeat(depth);
    let bodies = [
        (deep("[", 60_000), 400),
        (deep("[", 30_000) + &deep("]", 30_000), 422),
        (format!("{{\"tags\":{}", deep("[", 60_000)), 422),
        (format!("{{\"title\":{}", deep("{\"a\":", 12_000)), 422),
        (format!("{{\"what\":{}", deep("[", 60_000)), 422),
        (deep("[", 200_000), 413),
    ];
    for (body, status) in bodies {
        for ask in with_body(&app, id) {
            let answer = ask.body(JSON, body.clone()).await;
            let code: Value = serde_json::from_slice(&answer.body).unwrap();
            answer.problem(status, code["code"].as_str().unwrap());
            assert!(answer.body.len() < 1_000, "{} bytes", answer.body.len());
        }
    }
}

#[tokio::test]
async fn err_01_long_input_is_not_echoed() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let long = "<x>".repeat(15_000);
    let bodies = [
        json!({ "original_url": TARGET, (&long): 1 }),
        json!({ "original_url": TARGET, "max_clicks": long }),
        json!({ "original_url": TARGET, "redirect_status": long }),
        json!({ "original_url": TARGET, "tags": long }),
        json!({ "original_url": TARGET, "tags": [1, long] }),
        json!({ "original_url": TARGET, "tags": vec![""; 15_000] }),
        json!({ "original_url": TARGET, "forward_query": long }),
        json!({ "original_url": TARGET, "valid_from": long }),
        json!({ "original_url": long }),
        json!({ "original_url": format!("{}:x", "x".repeat(8_000)) }),
    ];
    for body in &bodies {
        for ask in [app.create(body), app.edit(id, body)] {
            assert_short(&ask.await);
        }
    }
    let create = json!({ "original_url": TARGET, "custom_alias": long });
    assert_short(&app.create(&create).await);
    let long = "x".repeat(4_000);
    for query in ["sort", "status", "tag", "cursor", "limit", "q", "created_from", &long] {
        assert_short(&app.links(&format!("{query}={long}")).await);
    }
}

fn assert_short(answer: &Answer) {
    assert_eq!(answer.status, 422, "{answer:?}");
    let code: Value = serde_json::from_slice(&answer.body).unwrap();
    answer.problem(422, code["code"].as_str().unwrap());
    assert!(answer.body.len() < 1_000, "{} bytes: {answer:?}", answer.body.len());
}

#[tokio::test]
async fn err_01_bodies_of_another_type() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let body = json!({ "original_url": TARGET }).to_string();
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        "application/merge-patch+json",
        "json",
        "",
    ];
    for content_type in types {
        for ask in with_body(&app, id) {
            let answer = ask.body(content_type, body.clone()).await;
            answer.problem(415, "unsupported_media_type");
        }
    }
    for ask in with_body(&app, id) {
        let untyped = ask.body(JSON, body.clone()).without("content-type").await;
        untyped.problem(415, "unsupported_media_type");
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        app.create(&Value::Null).body(content_type, body.clone()).await.ok(201);
    }
}

#[tokio::test]
async fn err_01_bodies_that_are_too_large() {
    const LEN_MAX: usize = 64 * 1024;
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let padded = |len: usize| {
        let body = json!({ "original_url": TARGET }).to_string();
        format!("{body}{}", " ".repeat(len - body.len()))
    };
    app.create(&Value::Null).body(JSON, padded(LEN_MAX)).await.ok(201);
    for ask in with_body(&app, id) {
        let problem = ask.body(JSON, padded(LEN_MAX + 1)).await.problem(413, "payload_too_large");
        assert_eq!(problem["detail"], "the body is larger than 65536 bytes");
    }
    assert_eq!(app.link_count().await, 2);
}

#[tokio::test]
async fn err_01_queries_that_mean_nothing() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    app.links("limit=1&limit=2").await.refuses("limit", "invalid_field");
    app.links("%ff=1").await.refuses("\u{fffd}", "unknown_field");
    app.history(id, "sort=created_at").await.refuses("sort", "unknown_field");
    app.links("=1").await.refuses("query", "unknown_field");
}

#[tokio::test]
async fn err_01_paths_that_lead_nowhere() {
    let app = TestApp::start().await;
    let paths =
        ["/a/b", "/api", "/api/v1", "/api/v1/urls/1/2", "/api/v1/urls/", "/-/", "/%ff", "/*"];
    for path in paths {
        for method in ["GET", "POST", "DELETE"] {
            let answer = app.ask(method, path).key(ADMIN_KEY).await;
            answer.problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn err_01_a_database_that_is_away() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    app.store.close().await;
    let asks = [
        app.create(&json!({ "original_url": TARGET, "custom_alias": "x", "tags": ["t"] })),
        app.create(&json!({ "original_url": TARGET })).header("idempotency-key", "k"),
        app.links(""),
        app.link(id),
        app.edit(id, &json!({ "title": "New" })),
        app.delete(id),
        app.restore(id),
        app.history(id, ""),
        app.ask("GET", "/cold"),
    ];
    for ask in asks {
        let answer = ask.await;
        answer.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_answer_has_a_request_id_of_its_own() {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, json!({})).await;
    let mut ids = HashSet::new();
    let mut answers = 0;
    for path in ["/link", "/none", "/", "/healthz", "/api/v1/urls", "/a/b", "/link+"] {
        for method in ["GET", "HEAD", "POST"] {
            for _ in 0..20 {
                let mine = app.ask(method, path).header("x-request-id", "mine").await;
                ids.insert(mine.header("x-request-id").to_owned());
                answers += 1;
            }
        }
    }
    assert_eq!(ids.len(), answers);
    assert!(!ids.contains("mine"));
}
