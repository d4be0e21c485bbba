//! Blocked destinations: no link to them can be made, and none is followed.

use serde_json::json;

use crate::app::{ADMIN_KEY, TestApp, codes};

const EVIL: &str = "https://evil.example/login";

/// Asserts the answer to every kind of visit when the target is blocked.
async fn assert_blocked(app: &TestApp, code: &str) {
    for path in [format!("/{code}"), format!("/{code}+"), format!("/{code}/")] {
        let page = app.visit(&path).await;
        assert_eq!(page.status, 451, "{page:?}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.find("location"), None);
        assert!(!page.text().contains("evil"), "{page:?}");
        app.ask("GET", &path).await.problem(451, "link_blocked");
    }
    let head = app.ask("HEAD", &format!("/{code}")).await;
    assert_eq!((head.status.as_u16(), head.find("location")), (451, None));
}

#[tokio::test]
async fn phish_01_no_link_is_made_that_leads_to_a_blocked_destination() {
    let app = TestApp::start().await;
    let id = app.shorten("kept", "https://kept.example/", json!({})).await;
    for pattern in ["evil.example", "*.bad.example", "shop.example/login", "192.0.2.1", "аррӏе.com"]
    {
        app.block(pattern).await.ok(201);
    }
    for target in [
        "https://evil.example/",
        "https://EVIL.example./x",
        "https://a.bad.example/",
        "https://shop.example/%6cogin.php",
        "http://3221225985/",
        "https://xn--80ak6aa92e.com/",
    ] {
        let as_target = json!({ "original_url": target });
        app.create(&as_target).await.refuses("original_url", "blocked_destination");
        app.edit(id, &as_target).await.refuses("original_url", "blocked_destination");
        let as_fallback = json!({ "original_url": "https://a.example/", "fallback_url": target });
        app.create(&as_fallback).await.refuses("fallback_url", "blocked_destination");
        let results = app.create_bulk(&json!([as_target])).await.ok(200);
        assert_eq!(results["results"][0]["problem"]["code"], "blocked_destination");
    }
    for target in ["https://notevil.example/", "https://shop.example/", "https://apple.com/"] {
        app.create(&json!({ "original_url": target })).await.ok(201);
    }
    assert_eq!(app.link(id).await.ok(200)["revision"], 1);
}

#[tokio::test]
async fn phish_01_a_link_that_leads_there_is_followed_no_more_and_again_when_it_is_lifted() {
    let app = TestApp::start().await;
    let id = app.shorten("bad", EVIL, json!({})).await;
    app.shorten("good", "https://good.example/", json!({})).await;
    app.visit("/bad").await.leads_to(302, EVIL);
    let blocked = app.block("*.evil.example").await.ok(201);
    assert_eq!(blocked["links"], json!({ "count": 1, "complete": true }));
    assert_blocked(&app, "bad").await;
    let link = app.link(id).await.ok(200);
    assert_eq!((&link["status"], &link["target_blocked"]), (&json!("active"), &json!(true)));
    // The list filters by status, so it is the link's own.
    assert_eq!(codes(&app.links("status=active").await), ["good", "bad"]);
    assert_eq!(codes(&app.links("status=blocked").await), [""; 0]);
    app.visit("/good").await.leads_to(302, "https://good.example/");
    let series = "curt_redirects_total{outcome=\"blocked\",tier=\"memory\"}";
    let series = if app.metrics().contains(series) { series } else { &series["curt_".len()..] };
    assert_eq!(app.metric(series), 7);

    let number = blocked["block"]["id"].as_u64().unwrap();
    let unblocked = app.unblock(number).await;
    assert_eq!(unblocked.status, 204);
    app.unblock(number).await.problem(404, "not_found");
    app.visit("/bad").await.leads_to(302, EVIL);
    assert_eq!(app.link(id).await.ok(200)["target_blocked"], false);
}

#[tokio::test]
async fn phish_01_other_nodes_follow_the_list_once_they_have_read_it() {
    let app = TestApp::start().await;
    app.shorten("bad", EVIL, json!({})).await;
    let neighbour = app.neighbour().await;
    neighbour.visit("/bad").await.leads_to(302, EVIL);
    app.block("evil.example").await.ok(201);
    neighbour.visit("/bad").await.leads_to(302, EVIL);
    neighbour.target_blocks.reload().await.unwrap();
    assert_blocked(&neighbour, "bad").await;
}

#[tokio::test]
async fn phish_01_no_way_around_by_fallback_limit_or_expiry() {
    let app = TestApp::start().await;
    let expired = json!({ "expires_at": "2026-01-01T00:00:00Z", "fallback_url": EVIL });
    app.shorten("expired", "https://good.example/", expired).await;
    app.shorten("limited", EVIL, json!({ "max_clicks": 1 })).await;
    app.visit("/expired").await.leads_to(302, EVIL);
    app.block("evil.example").await.ok(201);
    assert_eq!(app.visit("/expired").await.status, 451);
    assert_blocked(&app, "limited").await;
    // Nothing was used up.
    app.unblock(1).await;
    app.visit("/limited").await.leads_to(302, EVIL);
}

#[tokio::test]
async fn the_list_can_be_read_and_asked_what_blocks_a_url() {
    let app = TestApp::start().await;
    for number in 0..3 {
        app.block(&format!("h{number}.example")).await.ok(201);
    }
    let page = app.target_blocks("limit=2").await.ok(200);
    assert_eq!(page["items"][0]["pattern"], "h2.example");
    assert_eq!(page["items"][0]["source"], "admin");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = app.target_blocks(&format!("limit=2&cursor={cursor}")).await.ok(200);
    assert_eq!(
        (&rest["items"][0]["pattern"], &rest["next_cursor"]),
        (&json!("h0.example"), &json!(null))
    );
    let found = app.target_blocks("target=https://h1.example/x").await.ok(200);
    assert_eq!(found["items"][0]["pattern"], "h1.example");
    let found = app.target_blocks("target=https://h9.example/x").await.ok(200);
    assert_eq!(found["items"], json!([]));
    app.target_blocks("target=nonsense").await.refuses("target", "invalid_field");
    app.target_blocks("cursor=x").await.refuses("cursor", "invalid_field");
}

#[tokio::test]
async fn a_pattern_stands_on_the_list_once() {
    let app = TestApp::start().await;
    let first = app.block("evil.example").await.ok(201);
    let again = app.block("EVIL.example.").await.ok(200);
    assert_eq!(again["block"], first["block"]);
    app.block("no host").await.refuses("pattern", "invalid_field");
    app.block(&"a".repeat(800)).await.refuses("pattern", "invalid_field");
}

#[tokio::test]
async fn an_import_says_what_became_of_each_pattern() {
    let app = TestApp::start().await;
    app.shorten("bad", EVIL, json!({})).await;
    app.block("a.example").await.ok(201);
    let body = json!({ "patterns": ["evil.example", "a.example", "no host", "evil.example"] });
    let import = app.ask("POST", "/api/v1/admin/target-blocks/import").key(ADMIN_KEY).json(&body);
    let done = import.await.ok(200);
    assert_eq!((&done["added"], &done["known"]), (&json!(1), &json!(2)));
    assert_eq!(done["refused"][0]["index"], 2);
    app.target_blocks.reload().await.unwrap();
    assert_blocked(&app, "bad").await;
    let many = json!({ "patterns": vec!["a.example"; 10_001] });
    let import = app.ask("POST", "/api/v1/admin/target-blocks/import").key(ADMIN_KEY).json(&many);
    import.await.refuses("patterns", "invalid_field");
}

#[tokio::test]
async fn strangers_learn_nothing_of_the_list_and_change_nothing() {
    let app = TestApp::start().await;
    app.block("evil.example").await.ok(201);
    let path = "/api/v1/admin/target-blocks";
    app.ask("GET", path).await.problem(401, "unauthenticated");
    let body = json!({ "pattern": "good.example" });
    app.ask("POST", path).json(&body).await.problem(401, "unauthenticated");
    app.ask("DELETE", &format!("{path}/1")).await.problem(401, "unauthenticated");
    assert_eq!(app.target_blocks("").await.ok(200)["items"].as_array().unwrap().len(), 1);
}
