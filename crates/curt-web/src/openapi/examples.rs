//! Example requests and answers. A test sends every request to a new server and compares the answer
//! with the one given here.

use curt_domain::{HOURS, WEEKDAYS};
use serde_json::{Value, json};
use utoipa::openapi::{Content, OpenApi, RefOr, example::ExampleBuilder, path::Operation};

use super::answers::operations;

mod accounts;
mod example;

use example::{AnswerExample, RequestExample};

pub(super) fn add_to(document: &mut OpenApi) {
    let requests = [requests(), requests_about_abuse(), accounts::requests()].concat();
    let answers = [answers(), accounts::answers()].concat();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_requests(operation, &requests);
            add_answers(operation, &answers);
        }
    }
}

fn add_requests(operation: &mut Operation, examples: &[RequestExample]) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    let Some(RefOr::T(content)) = body.content.get_mut("application/json") else { return };
    let own = examples.iter().filter(|e| operation.operation_id.as_deref() == Some(e.operation));
    for RequestExample { name, summary, body, .. } in own {
        let example = ExampleBuilder::new().summary(*summary).value(Some(body.clone())).build();
        content.examples.insert((*name).to_owned(), example.into());
    }
}

fn add_answers(operation: &mut Operation, examples: &[AnswerExample]) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for content in response.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            let example = examples.iter().find(|example| has_schema(content, example.schema));
            content.example = example.map(|example| example.body.clone());
        }
    }
}

fn has_schema(content: &Content, name: &str) -> bool {
    let Some(RefOr::Ref(schema)) = &content.schema else { return false };
    schema.ref_location.rsplit('/').next() == Some(name)
}

fn requests() -> Vec<RequestExample> {
    vec![
        RequestExample {
            operation: "create_link",
            name: "simple",
            summary: "A short link, nothing else",
            body: json!({ "original_url": "https://example.com/spring" }),
        },
        RequestExample {
            operation: "create_link",
            name: "everything",
            summary: "Everything that can be set",
            body: everything(),
        },
        RequestExample {
            operation: "create_link",
            name: "once",
            summary: "For one person, once",
            body: json!({
                "original_url": "https://example.com/invitation",
                "max_clicks": 1,
                "fallback_url": "https://example.com/used-up",
            }),
        },
        RequestExample {
            operation: "create_links",
            name: "two",
            summary: "Two links, one of them with a mistake",
            body: json!({
                "links": [
                    { "original_url": "https://example.com/spring", "custom_alias": "spring" },
                    { "original_url": "ftp://example.com/" },
                ],
            }),
        },
        RequestExample {
            operation: "edit_link",
            name: "target",
            summary: "Another target",
            body: json!({ "original_url": "https://example.com/summer" }),
        },
        RequestExample {
            operation: "edit_link",
            name: "clear",
            summary: "No end, no limit, no tags",
            body: json!({ "expires_at": null, "max_clicks": null, "tags": [] }),
        },
        RequestExample {
            operation: "edit_link",
            name: "switch_off",
            summary: "Switched off",
            body: json!({ "status": "disabled" }),
        },
        RequestExample {
            operation: "add_ip_block",
            name: "network",
            summary: "A network, for some weeks",
            body: json!({
                "network": "203.0.113.0/24",
                "reason": "scans for codes",
                "until": "2026-03-01T00:00:00Z",
            }),
        },
    ]
}

fn requests_about_abuse() -> Vec<RequestExample> {
    vec![
        RequestExample {
            operation: "block_target",
            name: "suffix",
            summary: "A host and all hosts under it",
            body: json!({ "pattern": "*.evil.example", "reason": "imitates a bank" }),
        },
        RequestExample {
            operation: "import_target_blocks",
            name: "two",
            summary: "Two of a list, one of them with a mistake",
            body: json!({ "patterns": ["evil.example/login", "no host"], "reason": "list of May" }),
        },
        RequestExample {
            operation: "report_link",
            name: "code",
            summary: "By its code",
            body: json!({
                "short_code": "spring",
                "reason": "phishing",
                "note": "It looks like my bank.",
            }),
        },
    ]
}

fn everything() -> Value {
    json!({
        "original_url": "https://example.com/spring",
        "custom_alias": "spring",
        "title": "Spring sale",
        "note": "for the newsletter",
        "tags": ["news", "sale"],
        "redirect_status": 302,
        "forward_query": true,
        "valid_from": "2026-01-31T12:00:00Z",
        "expires_at": "2026-06-01T00:00:00+02:00",
        "max_clicks": 1000,
        "password": "tulips by the harbour",
        "fallback_url": "https://example.com/",
    })
}

/// The answer to the request with every field.
fn link() -> Value {
    json!({
        "id": 1,
        "short_code": "spring",
        "short_url": "https://sho.rt/spring",
        "original_url": "https://example.com/spring",
        "title": "Spring sale",
        "note": "for the newsletter",
        "tags": ["news", "sale"],
        "redirect_status": 302,
        "forward_query": true,
        "valid_from": "2026-01-31T12:00:00.000Z",
        "expires_at": "2026-05-31T22:00:00.000Z",
        "max_clicks": 1000,
        "has_password": true,
        "fallback_url": "https://example.com/",
        "status": "active",
        "target_blocked": false,
        "clicks": {
            "total": 0, "human": 0, "bot": 0, "preview": 0, "prefetch": 0, "suspicious": 0
        },
        "last_click_at": null,
        "revision": 1,
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
    })
}

/// The answer to the request to block a network.
fn ip_block() -> Value {
    json!({
        "id": 1,
        "network": "203.0.113.0/24",
        "kind": "manual",
        "reason": "scans for codes",
        "created_at": "2026-01-31T12:00:00.000Z",
        "created_by": null,
        "until": "2026-03-01T00:00:00.000Z",
    })
}

/// The answer to the bulk request with two links.
fn bulk_results() -> Value {
    let message = "has the scheme \"ftp\"; http and https are allowed";
    let mut first = link();
    for field in ["title", "note", "valid_from", "expires_at", "max_clicks", "fallback_url"] {
        first[field] = Value::Null;
    }
    first["tags"] = json!([]);
    first["forward_query"] = json!(false);
    first["has_password"] = json!(false);
    json!({
        "results": [
            { "index": 0, "status": 201, "link": first },
            {
                "index": 1,
                "status": 422,
                "problem": {
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": format!("original_url {message}"),
                    "code": "unsupported_scheme",
                    "errors": [
                        {
                            "field": "original_url",
                            "code": "unsupported_scheme",
                            "message": message,
                        },
                    ],
                },
            },
        ],
    })
}

/// Clicks by people, bots and previews; none by prefetch, none suspicious.
fn clicks(human: u64, bot: u64, preview: u64) -> Value {
    json!({
        "total": human + bot + preview,
        "human": human,
        "bot": bot,
        "preview": preview,
        "prefetch": 0,
        "suspicious": 0,
    })
}

/// The default thirty days, in which the link was followed on a Friday morning.
fn click_summary() -> Value {
    let mut hours = [[0; HOURS]; WEEKDAYS];
    hours[4][9] = 3;
    json!({
        "short_code": "spring",
        "from": "2026-01-02T00:00:00.000Z",
        "to": "2026-01-31T12:15:00.000Z",
        "tz": "UTC",
        "clicks": clicks(3, 2, 1),
        "previous": {
            "from": "2025-12-03T11:45:00.000Z",
            "to": "2026-01-02T00:00:00.000Z",
            "clicks": clicks(2, 0, 0),
        },
        "hours_by_weekday": hours,
        "missing": { "dropped": 0, "lost": 0 },
    })
}

/// The same, with `?days=3&tz=Europe/Berlin`.
fn click_series() -> Value {
    json!({
        "short_code": "spring",
        "from": "2026-01-29T00:00:00.000+01:00",
        "to": "2026-01-31T13:15:00.000+01:00",
        "tz": "Europe/Berlin",
        "unit": "day",
        "points": [
            { "at": "2026-01-29T00:00:00.000+01:00", "clicks": clicks(0, 0, 0) },
            { "at": "2026-01-30T00:00:00.000+01:00", "clicks": clicks(3, 2, 1) },
            { "at": "2026-01-31T00:00:00.000+01:00", "clicks": clicks(0, 0, 0) },
        ],
        "missing": { "dropped": 0, "lost": 0 },
    })
}

fn answers() -> Vec<AnswerExample> {
    let version = json!({
        "revision": 1,
        "original_url": "https://example.com/spring",
        "title": "Spring sale",
        "note": "for the newsletter",
        "tags": ["news", "sale"],
        "redirect_status": 302,
        "forward_query": true,
        "valid_from": "2026-01-31T12:00:00.000Z",
        "expires_at": "2026-05-31T22:00:00.000Z",
        "max_clicks": 1000,
        "has_password": true,
        "fallback_url": "https://example.com/",
        "disabled_at": null,
        "deleted_at": null,
        "updated_at": "2026-01-31T12:00:00.000Z",
        "replaced_at": "2026-01-31T12:00:00.000Z",
    });
    let health = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "database": { "engine": "sqlite", "reachable": true, "latency_ms": 0.12 },
        "backup": {
            "ok": true,
            "last_at": "2026-01-31T11:00:00.000Z",
            "age_s": 3_600,
            "failing": false,
        },
        "counting": {
            "ok": true,
            "journal": "working",
            "journal_bytes": 33_554_432,
            "journal_max_bytes": 1_073_741_824,
            "lag_s": 0.1,
            "depth": 12,
            "clicks_per_s": 104.5,
            "failing": false,
            "dropped": 0,
            "skipped_segments": 0,
            "left_segments": 0,
        },
    });
    vec![
        AnswerExample { schema: "Link", body: link() },
        AnswerExample { schema: "IpBlock", body: ip_block() },
        AnswerExample {
            schema: "IpBlockPage",
            body: json!({ "items": [ip_block()], "next_cursor": null }),
        },
        AnswerExample { schema: "BulkResults", body: bulk_results() },
        AnswerExample {
            schema: "LinkPage",
            body: json!({ "items": [link()], "next_cursor": null }),
        },
        AnswerExample {
            schema: "LinkHistory",
            body: json!({ "items": [version], "next_cursor": null }),
        },
        AnswerExample { schema: "ClickSummary", body: click_summary() },
        AnswerExample { schema: "ClickSeries", body: click_series() },
        AnswerExample { schema: "Health", body: health },
    ]
}
