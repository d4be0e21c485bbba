//! JWT-09: a user who is logged out during a request changes no account with it; the same holds for
//! a key that becomes invalid.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
    people::{PASSWORD, Person, USERS},
};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "five words that nobody guesses";

/// A body that arrives after the other request was answered. The caller is identified before.
fn after(meanwhile: Ask, body: &Value) -> Body {
    after_all(async move { assert!(meanwhile.await.status.is_success()) }, body)
}

fn after_all(meanwhile: impl Future<Output = ()> + Send + 'static, body: &Value) -> Body {
    let body = Bytes::from(body.to_string());
    Body::from_stream(stream::once(async move {
        meanwhile.await;
        Ok::<_, Infallible>(body)
    }))
}

/// What an administrator can do to accounts, including the own one.
fn changes(own: &Person) -> [(&'static str, String, Value); 8] {
    let user = json!({ "email": "eve@example.com", "password": PASSWORD, "role": "administrator" });
    let key = json!({ "name": "key", "scopes": ["admin"] });
    let confirmed = |more: Value| {
        let mut body = json!({ "current_password": PASSWORD });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let (password, email) =
        (json!({ "new_password": NEW_PASSWORD }), json!({ "email": "eve@example.com" }));
    [
        ("POST", "/api/v1/auth/password".to_owned(), confirmed(password)),
        ("PATCH", "/api/v1/auth/me".to_owned(), confirmed(email)),
        ("DELETE", "/api/v1/auth/me".to_owned(), confirmed(json!({}))),
        ("POST", "/api/v1/keys".to_owned(), key.clone()),
        ("POST", format!("{USERS}/{}/keys", own.id), key),
        ("PATCH", format!("{USERS}/{}", own.id), json!({ "password": NEW_PASSWORD })),
        ("POST", USERS.to_owned(), user),
        ("POST", "/api/v1/admin/invites".to_owned(), json!({ "role": "administrator" })),
    ]
}

/// The objects that a change would add or remove.
async fn everything(app: &TestApp, ada: &Person) -> Vec<Value> {
    let mut found = Vec::new();
    for path in [USERS, &format!("{USERS}/{}/keys", ada.id), "/api/v1/admin/invites"] {
        found.push(app.ask("GET", path).key(ADMIN_KEY).await.ok(200)["items"].clone());
    }
    found
}

#[tokio::test]
async fn jwt_09_whoever_is_logged_out_meanwhile_changes_no_account() {
    let app = TestApp::start().await;
    app.administrator("root@example.com").await;
    let ada = app.administrator(ADA).await;
    let before = everything(&app, &ada).await;
    for (method, path, body) in changes(&ada) {
        let tokens = app.log_in(ADA, PASSWORD).await.ok(200);
        let tokens = Person::new(ada.id, ADA, &tokens);
        let log_out = app.ask("POST", "/api/v1/auth/logout");
        let log_out = log_out.json(&json!({ "refresh_token": tokens.refresh }));
        let ask = app.ask(method, &path).key(&tokens.access);
        let answer = ask.body("application/json", after(log_out, &body)).await;
        answer.problem(401, "unauthenticated");

        let session = app.session(ADA).await;
        let end = app.ask("DELETE", "/api/v1/auth/session").session(&session);
        let ask = app.ask(method, &path).session(&session);
        let answer = ask.body("application/json", after(end, &body)).await;
        answer.problem(401, "unauthenticated");
    }
    assert_eq!(everything(&app, &ada).await, before);
    app.log_in(ADA, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn a_key_that_is_taken_back_meanwhile_makes_no_other() {
    let app = TestApp::start().await;
    let ada = app.administrator(ADA).await;
    let key = app.key_of(&ada, &["admin"]).await;
    let id =
        app.ask("GET", "/api/v1/keys").key(&ada.access).await.ok(200)["items"][0]["id"].clone();
    let body = json!({ "name": "another", "scopes": ["admin"] });
    let revoke = app.ask("DELETE", &format!("/api/v1/keys/{id}")).key(&ada.access);
    let make = app.ask("POST", &format!("{USERS}/{}/keys", ada.id)).key(&key);
    let answer = make.body("application/json", after(revoke, &body)).await;
    answer.problem(401, "unauthenticated");
    assert_eq!(app.ask("GET", "/api/v1/keys").key(&ada.access).await.ok(200)["items"], json!([]));
}

/// The changes among them that a key can make.
fn changes_by_key(to: &Person) -> impl Iterator<Item = (&'static str, String, Value)> {
    changes(to).into_iter().filter(|(_, path, _)| path.contains("/admin/"))
}

#[tokio::test]
async fn a_key_of_somebody_disabled_or_demoted_meanwhile_changes_no_account() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let ada = app.administrator(ADA).await;
    let key = app.key_of(&ada, &["admin"]).await;
    let before = everything(&app, &root).await[1..].to_vec();
    let path = format!("{USERS}/{}", ada.id);
    let edit = |body: Value| app.ask("PATCH", &path).key(ADMIN_KEY).json(&body);
    for (taken, given) in [
        (json!({ "status": "disabled" }), json!({ "status": "active" })),
        (json!({ "role": "user" }), json!({ "role": "administrator" })),
    ] {
        for (method, path, body) in changes_by_key(&root) {
            let ask = app.ask(method, &path).key(&key);
            let answer = ask.body("application/json", after(edit(taken.clone()), &body)).await;
            answer.problem(401, "unauthenticated");
            edit(given.clone()).await.ok(200);
        }
    }
    assert_eq!(everything(&app, &root).await[1..], before);
    app.log_in("root@example.com", PASSWORD).await.ok(200);
    app.log_in("eve@example.com", PASSWORD).await.problem(401, "unauthenticated");
    // The key itself is still valid.
    app.ask("GET", USERS).key(&key).await.ok(200);
}

#[tokio::test]
async fn a_key_that_expires_meanwhile_changes_no_account() {
    const HOUR: Duration = Duration::from_hours(1);
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let ada = app.administrator(ADA).await;
    let before = everything(&app, &root).await;
    for (method, path, body) in changes_by_key(&root) {
        let expires_at = app.clock.now().plus(HOUR).to_string();
        let key = json!({ "name": "key", "scopes": ["admin"], "expires_at": expires_at });
        let made = app.ask("POST", &format!("{USERS}/{}/keys", ada.id)).key(ADMIN_KEY).json(&key);
        let key = made.await.ok(201)["key"].as_str().unwrap().to_owned();
        let clock = app.clock.clone();
        let expire = async move { clock.advance(HOUR) };
        let ask = app.ask(method, &path).key(&key);
        let answer = ask.body("application/json", after_all(expire, &body)).await;
        answer.problem(401, "unauthenticated");
    }
    assert_eq!(everything(&app, &root).await, before);
}
