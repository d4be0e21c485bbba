//! INT-01: numbers and times at and beyond the limits of their range.

use serde_json::{Value, json};

use crate::app::{ADMIN_KEY, TestApp};

const TARGET: &str = "https://example.com/";

/// A body with a number too large for Rust's integers, so it is given as text.
fn with(field: &str, number: &str) -> String {
    format!(r#"{{"original_url":"{TARGET}","{field}":{number}}}"#)
}

#[tokio::test]
async fn int_01_numbers_out_of_range_are_refused() {
    let app = TestApp::start().await;
    let id = app.shorten("edited", TARGET, json!({})).await;
    let numbers = [
        ("max_clicks", "-1"),
        ("max_clicks", "0"),
        ("max_clicks", "9007199254740992"),
        ("max_clicks", "9223372036854775807"),
        ("max_clicks", "9223372036854775808"),
        ("max_clicks", "18446744073709551616"),
        ("max_clicks", "9007199254740992.0"),
        ("max_clicks", "5.5"),
        ("max_clicks", "-0.0"),
        ("max_clicks", "-5.0"),
        ("max_clicks", "\"5\""),
        ("max_clicks", "1e18"),
        ("max_clicks", "1e308"),
        ("max_clicks", "1e400"),
        ("redirect_status", "-302"),
        ("redirect_status", "65838"),
        ("redirect_status", "303"),
        ("redirect_status", "0"),
        ("redirect_status", "99999999999999999999"),
    ];
    for (field, number) in numbers {
        for ask in [app.create(&Value::Null), app.edit(id, &Value::Null)] {
            let answer = ask.body("application/json", with(field, number)).await;
            assert!(matches!(answer.status.as_u16(), 400 | 422), "{field}: {number}: {answer:?}");
            let code = if answer.status == 400 { "invalid_json" } else { "invalid_field" };
            answer.problem(answer.status.as_u16(), code);
        }
    }
    assert_eq!(app.link_count().await, 1);
    assert_eq!(app.link(id).await.ok(200)["revision"], 1);
}

#[tokio::test]
async fn int_01_a_whole_number_may_be_written_with_a_point() {
    let app = TestApp::start().await;
    let bodies = [
        (with("max_clicks", "5.0"), 5, 302),
        (with("max_clicks", "5e0"), 5, 302),
        (with("max_clicks", "9007199254740991.0"), (1_u64 << 53) - 1, 302),
        (with("redirect_status", "3.07e2").replace('}', r#","max_clicks":7}"#), 7, 307),
    ];
    for (body, max_clicks, redirect_status) in bodies {
        let created = app.create(&Value::Null).body("application/json", body.clone()).await;
        let link = created.ok(201);
        assert_eq!(
            (&link["max_clicks"], &link["redirect_status"]),
            (&json!(max_clicks), &json!(redirect_status)),
            "{body}"
        );
        let id = link["id"].as_u64().unwrap();
        app.edit(id, &json!({ "max_clicks": null })).await.ok(200);
        let edited = app.edit(id, &Value::Null).body("application/json", body).await.ok(200);
        assert_eq!(edited["max_clicks"], max_clicks);
    }
}

#[tokio::test]
async fn int_01_a_number_in_an_address_is_written_in_one_way() {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    for other in [format!("+{id}"), format!("%2B{id}"), format!("0{id}"), format!("{id}.0")] {
        let show = app.ask("GET", &format!("/api/v1/urls/{other}")).key(ADMIN_KEY);
        show.await.problem(404, "not_found");
        app.links(&format!("limit={other}")).await.refuses("limit", "invalid_field");
        app.history(id, &format!("limit={other}")).await.refuses("limit", "invalid_field");
        app.history(id, &format!("cursor={other}")).await.refuses("cursor", "invalid_field");
    }
}

#[tokio::test]
async fn int_01_times_outside_of_the_calendar_are_refused() {
    let app = TestApp::start().await;
    let times = [
        "9999-12-31",
        "-0001-01-01T00:00:00Z",
        "-000001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "2026-02-29T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31 12:00:00",
        "2026-01-31T12:00:00",
        "1800000000",
        "1e18",
        "",
        "now",
    ];
    for time in times {
        for field in ["valid_from", "expires_at"] {
            let body = json!({ "original_url": TARGET, (field): time });
            app.create(&body).await.refuses(field, "invalid_field");
        }
        app.links(&format!("created_from={}", time.replace('+', "%2B").replace(' ', "%20")))
            .await
            .refuses("created_from", "invalid_field");
    }
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn int_01_the_first_and_the_last_moment_are_kept() {
    let app = TestApp::start().await;
    let all_time = json!({
        "valid_from": "0000-01-01T00:00:00Z",
        "expires_at": "9999-12-30T00:00:00Z",
    });
    let id = app.shorten("always", TARGET, all_time).await;
    let link = app.link(id).await.ok(200);
    assert_eq!(link["valid_from"], "0000-01-01T00:00:00.000Z");
    assert_eq!(link["expires_at"], "9999-12-30T00:00:00.000Z");
    app.visit("/always").await.leads_to(302, TARGET);
}

#[tokio::test]
async fn int_01_page_limits_out_of_range_are_refused() {
    let app = TestApp::start().await;
    let id = app.shorten("paged", TARGET, json!({})).await;
    let limits = [
        "-1",
        "0",
        "201",
        "1e9",
        "1000000000",
        "9223372036854775808",
        "18446744073709551616",
        "1.5",
        "abc",
        "",
        "%20",
    ];
    for limit in limits {
        let query = format!("limit={limit}");
        app.links(&query).await.refuses("limit", "invalid_field");
        app.history(id, &query).await.refuses("limit", "invalid_field");
    }
    for unknown in ["offset=18446744073709551615", "page=-1", "ttl=1e18"] {
        let (field, _) = unknown.split_once('=').unwrap();
        app.links(unknown).await.refuses(field, "unknown_field");
        app.history(id, unknown).await.refuses(field, "unknown_field");
    }
    app.links("limit=200").await.ok(200);
    app.history(id, "limit=1").await.ok(200);
}

#[tokio::test]
async fn int_01_ids_out_of_range_name_no_link() {
    let app = TestApp::start().await;
    let id = app.shorten("only", TARGET, json!({})).await;
    let ids = [
        "0",
        "-1",
        "9007199254740991",
        "9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "1e0",
        "1.0",
        "0x1",
        "abc",
        "%31%00",
        "%ff",
        "only",
        "..",
        "*",
    ];
    for wrong in ids {
        let path = format!("/api/v1/urls/{wrong}");
        for method in ["GET", "DELETE"] {
            let ask = app.ask(method, &path).key(ADMIN_KEY);
            ask.await.problem(404, "not_found");
        }
        let edit = app.ask("PATCH", &path).key(ADMIN_KEY).json(&json!({}));
        edit.await.problem(404, "not_found");
        for (method, action) in [("POST", "restore"), ("GET", "history")] {
            let ask = app.ask(method, &format!("{path}/{action}")).key(ADMIN_KEY);
            ask.await.problem(404, "not_found");
        }
    }
    app.link(id).await.ok(200);
}
