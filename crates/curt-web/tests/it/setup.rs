//! SETUP-01, G6: the page behind the one-time link.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use curt_web::Bootstrap;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, START, TestApp},
    people::{PASSWORD, USERS},
};

const ADA: &str = "ada@example.com";
const SETUP: &str = "/-/setup";

/// A server that is not set up yet, and the token of its link.
async fn fresh() -> (TestApp, String) {
    let (bootstrap, token) = Bootstrap::new(START.parse().unwrap());
    let app = TestApp::with(|settings| settings.bootstrap = Some(bootstrap)).await;
    (app, token.as_str().to_owned())
}

async fn send(app: &TestApp, token: &str, email: &str, password: &str) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("token", token), ("email", email), ("password", password)])
        .append_pair("full_name", " ")
        .finish();
    let ask = app.visit_with("POST", SETUP);
    ask.body("application/x-www-form-urlencoded", form).await
}

async fn user_count(app: &TestApp) -> usize {
    let users = app.ask("GET", USERS).key(ADMIN_KEY).await.ok(200);
    users["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn setup_01_the_link_leads_to_a_form_that_makes_the_first_administrator_once() {
    let (app, token) = fresh().await;
    let form = app.visit(SETUP).await;
    assert_eq!(form.status, 200);
    assert_eq!(form.header("cache-control"), "no-store");
    assert!(!form.text().contains(&token), "only its owner has it");
    let done = send(&app, &format!(" {token}\n"), ADA, PASSWORD).await;
    assert_eq!(done.status, 201, "{done:?}");
    assert!(done.text().contains("curt keys add --user ada@example.com"), "{}", done.text());
    assert_eq!(app.log_in(ADA, PASSWORD).await.ok(200)["token_type"], "Bearer");
    let users = app.ask("GET", USERS).key(ADMIN_KEY).await.ok(200);
    assert_eq!(users["items"][0]["role"], "administrator");
    assert_eq!(users["items"][0]["full_name"], json!(null));
    // Afterwards the page does not exist for any client.
    app.ask("GET", SETUP).await.problem(404, "not_found");
    assert_eq!(app.visit(SETUP).await.status, 404);
    let again = send(&app, &token, "eve@example.com", PASSWORD).await;
    assert_eq!(again.status, 404);
    assert!(!again.text().contains("<form"), "{}", again.text());
    assert_eq!(user_count(&app).await, 1);
}

#[tokio::test]
async fn whoever_makes_a_mistake_gets_the_form_again_with_what_they_typed() {
    let (app, token) = fresh().await;
    let weak = send(&app, &token, ADA, "password1234").await;
    assert_eq!(weak.status, 422);
    assert!(weak.text().contains("password is easy to guess"), "{}", weak.text());
    assert!(weak.text().contains(&format!("value=\"{token}\"")));
    assert!(weak.text().contains("value=\"ada@example.com\""));
    assert!(!weak.text().contains("password1234"));
    let markup = send(&app, "\"><script>alert(1)</script>", ADA, PASSWORD).await;
    assert_eq!(markup.status, 404);
    assert!(markup.text().contains("This is not the token."), "{}", markup.text());
    assert!(!markup.text().contains("alert(1)<"), "{}", markup.text());
    let other = send(&app, &"A".repeat(43), ADA, PASSWORD).await;
    assert!(other.status == 404 && other.text().contains("<form"), "{other:?}");
    let endless = send(&app, &"x".repeat(9_000), ADA, PASSWORD).await;
    endless.problem(413, "payload_too_large");
    assert_eq!(user_count(&app).await, 0);
    assert_eq!(send(&app, &token, ADA, PASSWORD).await.status, 201);
}

#[tokio::test]
async fn setup_01_there_is_no_form_after_half_an_hour_or_once_somebody_administers() {
    let (app, token) = fresh().await;
    app.clock.advance(Duration::from_mins(30));
    assert_eq!(app.visit(SETUP).await.status, 404);
    assert_eq!(send(&app, &token, ADA, PASSWORD).await.status, 404);
    // Made on the command line, which does not tell this server.
    let (app, token) = fresh().await;
    app.administrator("root@example.com").await;
    assert_eq!(app.visit(SETUP).await.status, 404);
    assert_eq!(send(&app, &token, ADA, PASSWORD).await.status, 404);
    assert_eq!(user_count(&app).await, 1);
    assert_eq!(TestApp::start().await.visit(SETUP).await.status, 404);
}

/// The policy names the script that is on the page, and no other page has one.
#[tokio::test]
async fn xss_02_the_form_has_one_script_that_is_known_by_its_hash() {
    let (app, _) = fresh().await;
    let form = app.visit(SETUP).await;
    let (_, rest) = form.text().split_once("<script>").unwrap();
    let (script, rest) = rest.split_once("</script>").unwrap();
    assert!(!rest.contains("<script"));
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = form.header("content-security-policy");
    assert!(policy.contains(&format!("script-src 'sha256-{hash}'")), "{policy}");
    assert!(policy.contains("form-action 'self'") && !policy.contains("unsafe"), "{policy}");
    for path in ["/", "/-/report", "/nothing", "/docs"] {
        let page = app.visit(path).await;
        assert!(!page.header("content-security-policy").contains("script-src"), "{path}");
    }
}

#[tokio::test]
async fn rl_01_the_form_counts_as_any_request_without_a_key() {
    let limits = curt_cache::LimitSettings {
        anonymous: curt_cache::Limit::new(2, Duration::from_mins(1)),
        ..curt_cache::LimitSettings::OFF
    };
    let (bootstrap, token) = Bootstrap::new(START.parse().unwrap());
    let app = TestApp::with(|settings| {
        settings.bootstrap = Some(bootstrap);
        settings.limits = limits;
    });
    let app = app.await;
    assert_eq!(app.visit(SETUP).await.status, 200);
    assert_eq!(send(&app, "wrong", ADA, PASSWORD).await.status, 404);
    let refused = send(&app, token.as_str(), ADA, PASSWORD).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "60"));
}
