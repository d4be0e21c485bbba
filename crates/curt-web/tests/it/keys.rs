//! Access without a right key: the administrator's key opens everything, and nothing else does.

use serde_json::json;

use crate::{
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
};

const TARGET: &str = "https://example.com/";

/// Every endpoint of the API that needs a key.
fn guarded(app: &TestApp, id: u64) -> Vec<Ask> {
    let edit = json!({ "title": "Mine now" });
    vec![
        app.create(&json!({ "original_url": TARGET })),
        app.links(""),
        app.link(id),
        app.edit(id, &edit),
        app.delete(id),
        app.restore(id),
        app.history(id, ""),
        app.summary("link", ""),
        app.series("link", ""),
        app.summary("nobody", "days=0"),
        // Callers without a key do not learn whether a link exists, nor how a body must look.
        app.link(id + 1),
        app.edit(id, &edit).body("text/plain", "{"),
        app.links("limit=-1"),
    ]
}

#[tokio::test]
async fn without_the_right_key_nothing_can_be_read_or_changed() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = false).await;
    let id = app.shorten("link", TARGET, json!({})).await;
    let before = app.link(id).await.ok(200);
    let shorter = &ADMIN_KEY[..ADMIN_KEY.len() - 1];
    let wrong = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer wrong",
        &format!("Bearer {shorter}"),
        &format!("Bearer {ADMIN_KEY}x"),
        &format!("Bearer {}", ADMIN_KEY.to_uppercase()),
        &format!("Basic {ADMIN_KEY}"),
        ADMIN_KEY,
        &format!("Bearer{ADMIN_KEY}"),
        &format!("Bearer \"{ADMIN_KEY}\""),
        &format!("Token Bearer {ADMIN_KEY}"),
        "Bearer ключ",
    ];
    for authorization in wrong {
        for ask in guarded(&app, id) {
            let answer = ask.header("authorization", authorization).await;
            answer.problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    for ask in guarded(&app, id) {
        ask.without("authorization").await.problem(401, "unauthenticated");
    }
    assert_eq!(app.link(id).await.ok(200), before);
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let app = TestApp::start().await;
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
        let authorization = format!("{scheme} {ADMIN_KEY}");
        app.links("").header("authorization", &authorization).await.ok(200);
    }
}

#[tokio::test]
async fn a_key_in_the_query_opens_nothing() {
    let app = TestApp::start().await;
    for name in ["key", "api_key", "access_token", "token"] {
        let path = format!("/api/v1/urls?{name}={}", ADMIN_KEY.replace(' ', "%20"));
        app.ask("GET", &path).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn with_anonymous_create_anybody_creates_and_does_nothing_else() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let body = json!({ "original_url": TARGET });
    let link = app.ask("POST", "/api/v1/urls").json(&body).await.ok(201);
    let id = link["id"].as_u64().unwrap();
    for ask in guarded(&app, id).into_iter().skip(1) {
        ask.without("authorization").await.problem(401, "unauthenticated");
    }
    assert_eq!(app.link(id).await.ok(200), link);
}

#[tokio::test]
async fn with_anonymous_create_a_wrong_key_is_still_wrong() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    for authorization in ["", "Bearer wrong", "Basic dXNlcjpwYXNz", ADMIN_KEY] {
        let create = app.create(&json!({ "original_url": TARGET }));
        let answer = create.header("authorization", authorization).await;
        answer.problem(401, "unauthenticated");
    }
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn visitors_health_and_pages_need_no_key() {
    let app = TestApp::start().await;
    app.shorten("link", TARGET, json!({})).await;
    app.ask("GET", "/link").await.leads_to(302, TARGET);
    for path in ["/", "/healthz", "/readyz", "/api/v1/health", "/robots.txt", "/link+"] {
        assert_eq!(app.ask("GET", path).await.status, 200, "{path}");
    }
}
