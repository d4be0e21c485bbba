//! JWT-09: whoever is logged out while their request is under way changes no account with it.

use std::convert::Infallible;

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

/// A body that comes after the other request has been answered. Who sent it is found out before.
fn after(meanwhile: Ask, body: &Value) -> Body {
    let body = Bytes::from(body.to_string());
    Body::from_stream(stream::once(async move {
        assert!(meanwhile.await.status.is_success());
        Ok::<_, Infallible>(body)
    }))
}

/// What an administrator can do to accounts, their own among them.
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

/// What there would be more of, or less.
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
