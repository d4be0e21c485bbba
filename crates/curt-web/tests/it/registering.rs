//! Making accounts: AUTH-02, SETUP-01, MASS-01, and what accounts may change about themselves.

use std::time::{Duration, Instant};

use curt_web::{Bootstrap, Registration};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, START, TestApp},
    people::{PASSWORD, Person, USERS},
};

const ADA: &str = "ada@example.com";
const REGISTER: &str = "/api/v1/auth/register";

fn ada() -> Value {
    json!({ "email": ADA, "password": PASSWORD, "full_name": "Ada Lovelace" })
}

#[tokio::test]
async fn nobody_registers_unless_the_server_lets_them() {
    let app = TestApp::start().await;
    app.ask("POST", REGISTER).json(&ada()).await.problem(403, "forbidden");
    let app = TestApp::with(|settings| settings.auth.registration = Registration::Invite).await;
    app.ask("POST", REGISTER).json(&ada()).await.refuses("invite", "invalid_field");
    let mut body = ada();
    for junk in ["", "x", &"A".repeat(43)] {
        body["invite"] = junk.into();
        app.ask("POST", REGISTER).json(&body).await.refuses("invite", "invalid_field");
    }
}

#[tokio::test]
async fn whoever_registers_is_an_ordinary_user() {
    let app = TestApp::open_to_all().await;
    let user = app.ask("POST", REGISTER).json(&ada()).await.ok(201);
    assert_eq!(
        (user["role"].as_str(), user["full_name"].as_str()),
        (Some("user"), Some("Ada Lovelace"))
    );
    app.log_in(ADA, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn auth_02_an_address_is_taken_once_in_any_case() {
    let app = TestApp::open_to_all().await;
    app.ask("POST", REGISTER).json(&ada()).await.ok(201);
    for email in [ADA, "ADA@EXAMPLE.COM", " ada@example.com "] {
        let body = json!({ "email": email, "password": PASSWORD });
        app.ask("POST", REGISTER).json(&body).await.problem(409, "email_taken");
    }
    let tries = join_all((0..20).map(|_| {
        let body = json!({ "email": "grace@example.com", "password": PASSWORD });
        app.ask("POST", REGISTER).json(&body).into_future()
    }));
    let made = tries.await.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn auth_02_an_address_that_is_taken_costs_as_much_as_one_that_is_free() {
    let app = TestApp::open_to_all().await;
    app.ask("POST", REGISTER).json(&ada()).await.ok(201);
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..9 {
        let free = format!("user{round}@example.com");
        for (times, (email, status)) in times.iter_mut().zip([(ADA, 409), (&free, 201)]) {
            let body = json!({ "email": email, "password": PASSWORD });
            let start = Instant::now();
            let answer = app.ask("POST", REGISTER).json(&body).await;
            times.push(start.elapsed());
            assert_eq!(answer.status, status, "{answer:?}");
        }
    }
    let [taken, free] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    // A hash takes tens of milliseconds, everything else one at most.
    assert!(taken < free * 2 && free < taken * 2, "{taken:?}, {free:?}");
}

#[tokio::test]
async fn an_invitation_is_good_once_for_the_role_it_names() {
    let app = TestApp::with(|settings| settings.auth.registration = Registration::Invite).await;
    let invites = "/api/v1/admin/invites";
    let body = json!({ "role": "administrator" });
    let made = app.ask("POST", invites).key(ADMIN_KEY).json(&body).await.ok(201);
    let mut body = ada();
    body["invite"] = made["invite"].clone();
    let user = app.ask("POST", REGISTER).json(&body).await.ok(201);
    assert_eq!(user["role"], "administrator");
    body["email"] = "grace@example.com".into();
    app.ask("POST", REGISTER).json(&body).await.refuses("invite", "invalid_field");
    let list = app.ask("GET", invites).key(ADMIN_KEY).await.ok(200);
    assert_eq!(list["items"][0]["used_at"], START);

    let late = app.ask("POST", invites).key(ADMIN_KEY).json(&json!({})).await.ok(201);
    let back = app.ask("POST", invites).key(ADMIN_KEY).json(&json!({})).await.ok(201);
    let path = format!("{invites}/{}", back["id"]);
    assert_eq!(app.ask("DELETE", &path).key(ADMIN_KEY).await.status, 204);
    app.ask("DELETE", &path).key(ADMIN_KEY).await.problem(404, "not_found");
    app.clock.advance(Duration::from_hours(8 * 24));
    for unusable in [late, back] {
        body["invite"] = unusable["invite"].clone();
        app.ask("POST", REGISTER).json(&body).await.refuses("invite", "invalid_field");
    }
}

#[tokio::test]
async fn setup_01_of_twenty_first_administrators_one_is_made() {
    let (bootstrap, token) = Bootstrap::new(START.parse().unwrap());
    let app = TestApp::with(|settings| settings.bootstrap = Some(bootstrap)).await;
    let body = |number: usize| json!({ "token": token.as_str(), "email": format!("root{number}@example.com"), "password": PASSWORD });
    let ask = |body: &Value| app.ask("POST", "/api/v1/auth/bootstrap").json(body);
    let mut wrong = body(0);
    for junk in ["", "x", &"A".repeat(43)] {
        wrong["token"] = junk.into();
        ask(&wrong).await.problem(404, "not_found");
    }
    let mut without = body(0);
    without.as_object_mut().unwrap().remove("token");
    let cookie = format!("token={0}; setup={0}; __Host-session={0}", token.as_str());
    ask(&without).header("cookie", &cookie).await.refuses("token", "invalid_field");
    let tries = join_all((0..20).map(|number| ask(&body(number)).into_future())).await;
    let made: Vec<_> = tries.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1, "{tries:?}");
    assert_eq!(made[0].json()["role"], "administrator");
    for other in tries.iter().filter(|answer| answer.status != 201) {
        other.problem(404, "not_found");
    }
    ask(&body(21)).await.problem(404, "not_found");
    assert_eq!(
        app.ask("GET", USERS).key(ADMIN_KEY).await.ok(200)["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn setup_01_the_link_is_over_after_half_an_hour_and_once_there_is_an_administrator() {
    let (bootstrap, token) = Bootstrap::new(START.parse().unwrap());
    let body = json!({ "token": token.as_str(), "email": ADA, "password": PASSWORD });
    let late = bootstrap.clone();
    let app = TestApp::with(|settings| settings.bootstrap = Some(late)).await;
    app.clock.advance(Duration::from_mins(30));
    app.ask("POST", "/api/v1/auth/bootstrap").json(&body).await.problem(404, "not_found");
    let app = TestApp::with(|settings| settings.bootstrap = Some(bootstrap)).await;
    app.administrator("root@example.com").await;
    app.ask("POST", "/api/v1/auth/bootstrap").json(&body).await.problem(404, "not_found");
    let app = TestApp::start().await;
    app.ask("POST", "/api/v1/auth/bootstrap").json(&body).await.problem(404, "not_found");
}

#[tokio::test]
async fn mass_01_nobody_gives_themselves_what_they_may_not_have() {
    let app = TestApp::open_to_all().await;
    let ada = app.person(ADA).await;
    for (field, value) in [
        ("role", json!("administrator")),
        ("is_admin", json!(true)),
        ("id", json!(1)),
        ("created_at", json!(START)),
        ("password_hash", json!("$2b$04$x")),
        ("token_epoch", json!(1)),
        ("status", json!("active")),
    ] {
        let mut body = json!({ "email": "eve@example.com", "password": PASSWORD });
        body[field] = value.clone();
        app.ask("POST", REGISTER).json(&body).await.refuses(field, "unknown_field");
        let mut body = json!({});
        body[field] = value;
        let edit = app.ask("PATCH", "/api/v1/auth/me").key(&ada.access).json(&body).await;
        edit.refuses(field, "unknown_field");
    }
    let mut body = json!({ "name": "key", "scopes": ["links:read"] });
    for field in ["user_id", "owner_id", "key", "hint", "id"] {
        body[field] = 1.into();
        let make = app.ask("POST", "/api/v1/keys").key(&ada.access).json(&body).await;
        make.refuses(field, "unknown_field");
        body.as_object_mut().unwrap().remove(field);
    }
}

#[tokio::test]
async fn another_address_needs_the_password() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    app.person("grace@example.com").await;
    let edit = |body: Value| app.ask("PATCH", "/api/v1/auth/me").key(&ada.access).json(&body);
    edit(json!({ "email": "ada@example.org" })).await.refuses("current_password", "invalid_field");
    let with =
        |email: &str, password: &str| json!({ "email": email, "current_password": password });
    edit(with("ada@example.org", "wrong")).await.problem(401, "unauthenticated");
    edit(with("grace@example.com", PASSWORD)).await.problem(409, "email_taken");
    let changed = edit(with("ada@example.org", PASSWORD)).await.ok(200);
    assert_eq!(changed["email"], "ada@example.org");
    let named = edit(json!({ "full_name": "Ada King" })).await.ok(200);
    assert_eq!(named["full_name"], "Ada King");
    assert_eq!(edit(json!({ "full_name": null })).await.ok(200)["full_name"], Value::Null);
    app.log_in("ada@example.org", PASSWORD).await.ok(200);
    app.log_in(ADA, PASSWORD).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    for body in [json!({ "role": "user" }), json!({ "status": "disabled" })] {
        app.edit_user(root.id, &body).await.problem(409, "last_administrator");
    }
    let path = format!("{USERS}/{}", root.id);
    app.ask("DELETE", &path).key(ADMIN_KEY).await.problem(409, "last_administrator");
    let me = app.ask("DELETE", "/api/v1/auth/me").key(&root.access);
    let me = me.json(&json!({ "current_password": PASSWORD })).await;
    me.problem(409, "last_administrator");
    let second = app.administrator(ADA).await;
    assert_eq!(app.ask("DELETE", &path).key(&second.access).await.status, 204);
}

#[tokio::test]
async fn administrators_set_passwords_and_find_people() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    app.person("grace@example.com").await;
    let new = "five words that nobody guesses";
    app.edit_user(ada.id, &json!({ "password": "too short" }))
        .await
        .refuses("password", "weak_password");
    app.edit_user(ada.id, &json!({ "password": new })).await.ok(200);
    app.me(&ada.access).await.problem(401, "unauthenticated");
    app.log_in(ADA, new).await.ok(200);
    let found = app.ask("GET", &format!("{USERS}?q=ADA@")).key(ADMIN_KEY).await.ok(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["id"], ada.id);
    let page = app.ask("GET", &format!("{USERS}?limit=1")).key(ADMIN_KEY).await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest =
        app.ask("GET", &format!("{USERS}?limit=1&cursor={cursor}")).key(ADMIN_KEY).await.ok(200);
    assert_eq!(rest["items"][0]["email"], "grace@example.com");
    assert_eq!(rest["next_cursor"], Value::Null);
    let heir: Person = app.person("heir@example.com").await;
    let nobody = format!("{USERS}/{}?links_to={}", ada.id, heir.id + 100);
    app.ask("DELETE", &nobody).key(ADMIN_KEY).await.refuses("links_to", "invalid_field");
    let path = format!("{USERS}/{}?links_to={}", ada.id, heir.id);
    assert_eq!(app.ask("DELETE", &path).key(ADMIN_KEY).await.status, 204);
}

#[tokio::test]
async fn what_was_done_is_in_the_log_with_who_did_it() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let ada = app.person(ADA).await;
    let path = format!("{USERS}/{}", ada.id);
    let disable = app.ask_from("203.0.113.77", "PATCH", &path).key(&root.access);
    disable.json(&json!({ "status": "disabled" })).await.ok(200);
    let log =
        |query: &str| app.ask("GET", &format!("/api/v1/admin/audit?{query}")).key(&root.access);
    let by_root = log(&format!("author={}", root.id)).await.ok(200);
    assert_eq!(by_root["items"].as_array().unwrap().len(), 1);
    let row = &by_root["items"][0];
    assert_eq!(row["action"], "user.disable");
    assert_eq!(row["object"], json!({ "kind": "user", "id": ada.id }));
    assert_eq!(row["client"], "203.0.113.0/24");
    assert_eq!(
        row["author"],
        json!({ "kind": "user", "user_id": root.id, "key_id": null, "name": null })
    );
    let of_ada = log(&format!("object=user:{}", ada.id)).await.ok(200);
    assert_eq!(of_ada["items"].as_array().unwrap().len(), 2);
    let made = log("action=user.create&limit=1").await.ok(200);
    assert_eq!(made["items"][0]["author"]["kind"], "admin_key");
    let cursor = made["next_cursor"].as_str().unwrap();
    let older = log(&format!("action=user.create&cursor={cursor}")).await.ok(200);
    assert_eq!(older["items"][0]["object"]["id"], root.id);
    for query in ["author=x", "object=12", "object=link:x", "action=Nothing", "from=now", "limit=0"]
    {
        log(query).await.problem(422, "invalid_field");
    }
}
