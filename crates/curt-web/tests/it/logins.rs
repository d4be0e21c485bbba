//! AUTH-*, JWT-09, RT-*: logging in, what a login gives, and how it ends.

use std::{
    future::IntoFuture as _,
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Version,
    password_hash::{PasswordHasher as _, phc},
};
use curt_domain::{Caller, Email, PasswordHash, Role};
use curt_store::{Admission, NewUser};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, START, TestApp},
    people::{PASSWORD, Person, USERS, cookie},
};

const ADA: &str = "ada@example.com";

/// Largest body of most requests, in bytes.
const BODY_LEN_MAX: usize = 64 * 1024;

#[tokio::test]
async fn who_logs_in_gets_tokens_that_work() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let me = app.me(&ada.access).await.ok(200);
    assert_eq!((me["email"].as_str(), me["role"].as_str()), (Some(ADA), Some("user")));
    app.log_in("ADA@Example.COM", PASSWORD).await.ok(200);
    for password in ["", "four words nobody guesse", "Four words nobody guesses"] {
        app.log_in(ADA, password).await.problem(401, "unauthenticated");
    }
    app.clock.advance(Duration::from_mins(16));
    app.me(&ada.access).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn auth_01_users_who_do_not_exist_cost_as_much_and_get_the_same_answer() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let mut texts = Vec::new();
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..31 {
        let mut tries = [(0, ADA.to_owned()), (1, format!("nobody{round}@example.com"))];
        // In alternating order, so that neither always comes second.
        tries.rotate_left(round % 2);
        // Fewer in a row than begin a pause.
        app.log_in(ADA, PASSWORD).await.ok(200);
        for (index, email) in &tries {
            let start = Instant::now();
            let answer = app.log_in(email, "not the password at all").await;
            times[*index].push(start.elapsed());
            answer.problem(401, "unauthenticated");
            texts.push(answer.text().to_owned());
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    // A hash takes tens of milliseconds, and all else less than one: a quarter leaves room for
    // machines that are also doing other work.
    let (less, more) = (known.min(unknown), known.max(unknown));
    assert!(more < less + less / 4, "{known:?}, {unknown:?}");
}

#[tokio::test]
async fn auth_03_and_04_guesses_are_paused_but_not_for_a_browser_that_is_known() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let first = app.log_in(ADA, PASSWORD).await;
    let device = cookie(&first, "__Host-device").unwrap();
    let mut looked_at = 0;
    for last in 0..101 {
        let answer = app.log_in_from(&format!("198.51.100.{last}"), ADA, "a wrong password").await;
        if answer.status == 401 {
            looked_at += 1;
        } else {
            answer.problem(429, "rate_limited");
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=61).contains(&wait), "{wait}");
        }
    }
    assert_eq!(looked_at, 10);
    app.log_in(ADA, PASSWORD).await.problem(429, "rate_limited");
    let known = format!("__Host-device={device}");
    app.log_in(ADA, PASSWORD).header("cookie", &known).await.ok(200);
    let forged = known.replace("device=1", "device=2");
    app.log_in(ADA, PASSWORD).header("cookie", &forged).await.problem(429, "rate_limited");
    // Other users are not affected, and she is locked out only for a while.
    app.person("grace@example.com").await;
    app.clock.advance(Duration::from_mins(2));
    app.log_in(ADA, PASSWORD).await.ok(200);
    app.log_in(ADA, "a wrong password").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn auth_04_a_password_that_is_set_for_somebody_ends_their_pauses_on_every_node() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let neighbour = app.neighbour().await;
    let device = cookie(&app.log_in(ADA, PASSWORD).await, "__Host-device").unwrap();
    let known = format!("__Host-device={device}");
    let log_ins = |password| {
        [
            app.log_in(ADA, password),
            neighbour.log_in(ADA, password),
            app.log_in(ADA, password).header("cookie", &known),
        ]
    };
    for _ in 0..10 {
        for guess in log_ins("a wrong password") {
            guess.await.problem(401, "unauthenticated");
        }
    }
    for paused in log_ins(PASSWORD) {
        paused.await.problem(429, "rate_limited");
    }
    let new = "five words that nobody guesses";
    app.edit_user(ada.id, &json!({ "password": new })).await.ok(200);
    for allowed in log_ins(new) {
        allowed.await.ok(200);
    }
}

#[tokio::test]
async fn auth_06_of_guesses_at_the_same_time_each_counts() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let mut looked_at = 0;
    // A busy machine checks fewer, and gives back the guesses that it has no time for.
    loop {
        let guesses = (0..20).map(|_| app.log_in(ADA, "a wrong password").into_future());
        let answers = join_all(guesses).await;
        looked_at += answers.iter().filter(|answer| answer.status == 401).count();
        if answers.iter().all(|answer| answer.status == 429) {
            break;
        }
    }
    assert_eq!(looked_at, 10);
    app.log_in(ADA, PASSWORD).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn auth_05_whatever_looks_at_a_password_counts_as_a_guess() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let wrong = json!({ "current_password": "a wrong password" });
    let guesses = [
        (
            "POST",
            "/api/v1/auth/password",
            json!({
                "current_password": "a wrong password", "new_password": "five words that nobody guesses",
            }),
        ),
        (
            "PATCH",
            "/api/v1/auth/me",
            json!({
                "email": "ada@example.org", "current_password": "a wrong password",
            }),
        ),
        ("DELETE", "/api/v1/auth/me", wrong),
        ("POST", "/api/v1/auth/login", json!({ "email": ADA, "password": "a wrong password" })),
        ("POST", "/api/v1/auth/session", json!({ "email": ADA, "password": "a wrong password" })),
    ];
    for (method, path, body) in guesses.iter().chain(&guesses) {
        let answer = app.ask(method, path).key(&ada.access).json(body).await;
        answer.problem(401, "unauthenticated");
    }
    for (method, path, body) in &guesses {
        let answer = app.ask(method, path).key(&ada.access).json(body).await;
        answer.problem(429, "rate_limited");
    }
}

#[tokio::test]
async fn auth_07_passwords_without_an_end_are_refused_before_they_are_hashed() {
    let app = TestApp::open_to_all().await;
    app.person(ADA).await;
    let register = |password: &str| {
        let body = json!({ "email": "eve@example.com", "password": password });
        app.ask("POST", "/api/v1/auth/register").json(&body)
    };
    for len in [7, 11, 129, 1_025, 60_000] {
        register(&"xq7!vLp2#mZw ".repeat(5_000)[..len]).await.refuses("password", "weak_password");
    }
    // The largest body is read to its last byte; a body one byte longer is not read at all.
    let frame = json!({ "email": "eve@example.com", "password": "" }).to_string().len();
    let largest = "x".repeat(BODY_LEN_MAX - frame);
    register(&largest).await.refuses("password", "weak_password");
    register(&format!("{largest}x")).await.problem(413, "payload_too_large");
    let endless = "x".repeat(5 << 20);
    register(&endless).await.problem(413, "payload_too_large");
    app.log_in(ADA, &endless).await.problem(413, "payload_too_large");
    register(&"xq7!vLp2#mZw".repeat(11)[..128]).await.ok(201);
}

#[tokio::test]
async fn a_login_replaces_a_hash_of_an_older_kind_in_the_database() {
    let app = TestApp::start().await;
    // With less work than ours.
    let cheap = argon2::Params::new(8 * 1024, 1, 1, None).unwrap();
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let cheap: phc::PasswordHash = cheap.hash_password(b"imported long ago").unwrap();
    let hashes = [bcrypt::hash("imported long ago", 4).unwrap(), cheap.to_string()];
    for (number, old) in hashes.iter().enumerate() {
        let email = Email::parse(&format!("user{number}@example.com")).unwrap();
        let password = Some(PasswordHash::new(old));
        let new = NewUser { email: email.clone(), full_name: None, password };
        let user = Admission::As(Role::User);
        let now = START.parse().unwrap();
        app.store.create_user(&Caller::SYSTEM, new, user, now).await.unwrap();
        let stored = async || {
            let found = app.store.credentials(&email).await.unwrap().unwrap();
            found.password.unwrap().as_str().to_owned()
        };
        let wrong = app.log_in(email.as_str(), "imported long agp").await;
        wrong.problem(401, "unauthenticated");
        assert_eq!(&stored().await, old);
        app.log_in(email.as_str(), "imported long ago").await.ok(200);
        let replaced = stored().await;
        assert!(replaced.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{replaced}");
        app.log_in(email.as_str(), "imported long ago").await.ok(200);
        assert_eq!(stored().await, replaced);
    }
}

#[tokio::test]
async fn auth_08_passwords_that_are_easy_to_guess_are_refused() {
    let app = TestApp::open_to_all().await;
    for password in ["short", "password1234", "shortener2026", "qwertyuiop12", "ada@example.com"] {
        let body = json!({ "email": ADA, "password": password });
        let answer = app.ask("POST", "/api/v1/auth/register").json(&body).await;
        answer.refuses("password", "weak_password");
        assert!(!answer.text().contains(password), "{password}");
    }
}

#[tokio::test]
async fn auth_09_what_is_no_text_is_no_password() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    for password in [json!(true), json!(0), json!([]), json!({}), Value::Null, json!([PASSWORD])] {
        let body = json!({ "email": ADA, "password": password });
        let answer = app.ask("POST", "/api/v1/auth/login").json(&body).await;
        answer.refuses("password", "invalid_field");
    }
}

#[tokio::test]
async fn auth_11_a_key_never_gets_more_than_it_has() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let key = app.key_of(&ada, &["links:read"]).await;
    assert_eq!(app.me(&key).await.ok(200)["email"], ADA);
    let wider = json!({ "name": "wider", "scopes": ["links:read", "links:write"] });
    for (method, path, body) in [
        ("POST", "/api/v1/keys", wider.clone()),
        ("GET", "/api/v1/keys", json!({})),
        (
            "POST",
            "/api/v1/auth/password",
            json!({
                "current_password": PASSWORD, "new_password": "five words that nobody guesses",
            }),
        ),
        ("PATCH", "/api/v1/auth/me", json!({ "full_name": "Eve" })),
        ("DELETE", "/api/v1/auth/me", json!({ "current_password": PASSWORD })),
        ("POST", "/api/v1/auth/logout-everywhere", json!({})),
        ("POST", "/api/v1/urls", json!({ "original_url": "https://example.com/" })),
        ("POST", USERS, json!({ "email": "eve@example.com", "password": PASSWORD })),
    ] {
        app.ask(method, path).key(&key).json(&body).await.problem(403, "forbidden");
    }
    // A user cannot gain it by making a key either.
    let body = json!({ "name": "root", "scopes": ["admin"] });
    let made = app.ask("POST", "/api/v1/keys").key(&ada.access).json(&body).await;
    made.problem(403, "forbidden");
    // An administrator's key with one scope is no administrator.
    let root = app.administrator("root@example.com").await;
    let narrow = app.key_of(&root, &["links:read"]).await;
    app.ask("GET", USERS).key(&narrow).await.problem(403, "forbidden");
    let wide = app.key_of(&root, &["admin"]).await;
    app.ask("GET", USERS).key(&wide).await.ok(200);
    let path = format!("{USERS}/{}/keys", root.id);
    app.ask("POST", &path).key(&wide).json(&wider).await.problem(403, "forbidden");
}

#[tokio::test]
async fn auth_10_of_a_key_nothing_but_a_hash_is_kept() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let key = app.key_of(&ada, &["links:read"]).await;
    let list = app.ask("GET", "/api/v1/keys").key(&ada.access).await;
    let shown = list.ok(200)["items"][0].clone();
    assert_eq!(shown["hint"], key[..9]);
    assert!(!list.text().contains(&key[9..]), "{}", list.text());
    for other in [&key[..key.len() - 1], &format!("{key}0"), &key.replace("curt_", "CURT_")] {
        app.me(other).await.problem(401, "unauthenticated");
    }
    let path = format!("/api/v1/keys/{}", shown["id"]);
    assert_eq!(app.ask("DELETE", &path).key(&ada.access).await.status, 204);
    app.me(&key).await.problem(401, "unauthenticated");
    app.ask("DELETE", &path).key(&ada.access).await.problem(404, "not_found");
}

/// A user with a token, a refresh token, a session and a key.
async fn everything(app: &TestApp) -> (Person, String, String) {
    let ada = app.person(ADA).await;
    let session = app.session(ADA).await;
    let key = app.key_of(&ada, &["links:read"]).await;
    (ada, session, key)
}

async fn assert_out(app: &TestApp, ada: &Person, session: &str) {
    app.me(&ada.access).await.problem(401, "unauthenticated");
    app.refresh(&ada.refresh).await.problem(401, "unauthenticated");
    app.ask("GET", "/api/v1/auth/me").session(session).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn jwt_09_whoever_is_disabled_is_out_at_once() {
    let app = TestApp::start().await;
    let (ada, session, key) = everything(&app).await;
    app.edit_user(ada.id, &json!({ "status": "disabled" })).await.ok(200);
    assert_out(&app, &ada, &session).await;
    app.me(&key).await.problem(401, "unauthenticated");
    app.log_in(ADA, PASSWORD).await.problem(401, "unauthenticated");
    app.edit_user(ada.id, &json!({ "status": "active" })).await.ok(200);
    assert_out(&app, &ada, &session).await;
    app.log_in(ADA, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn jwt_09_and_export_01_of_whoever_is_deleted_nothing_works_or_is_left() {
    let app = TestApp::start().await;
    let (ada, session, key) = everything(&app).await;
    let delete = app.ask("DELETE", "/api/v1/auth/me").key(&ada.access);
    let answer = delete.json(&json!({ "current_password": PASSWORD })).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_out(&app, &ada, &session).await;
    app.me(&key).await.problem(401, "unauthenticated");
    app.log_in(ADA, PASSWORD).await.problem(401, "unauthenticated");
    let path = format!("{USERS}/{}", ada.id);
    app.ask("GET", &path).key(ADMIN_KEY).await.problem(404, "not_found");
    let log = app.ask("GET", "/api/v1/admin/audit").key(ADMIN_KEY).await;
    log.ok(200);
    assert!(!log.text().contains("ada"), "{}", log.text());
    app.person(ADA).await;
}

#[tokio::test]
async fn jwt_09_a_new_password_ends_everything_but_what_comes_of_it() {
    let app = TestApp::start().await;
    let (ada, session, key) = everything(&app).await;
    let new = "five words that nobody guesses";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    let change = app.ask("POST", "/api/v1/auth/password").key(&ada.access).json(&body);
    let tokens = change.await.ok(200);
    assert_out(&app, &ada, &session).await;
    let again = Person::new(ada.id, ADA, &tokens);
    app.me(&again.access).await.ok(200);
    app.me(&key).await.ok(200);
    app.log_in(ADA, PASSWORD).await.problem(401, "unauthenticated");
    app.log_in(ADA, new).await.ok(200);
    app.refresh(&again.refresh).await.ok(200);
}

#[tokio::test]
async fn jwt_09_another_role_needs_another_token() {
    let app = TestApp::start().await;
    app.administrator("root@example.com").await;
    let ada = app.administrator(ADA).await;
    let session = app.session(ADA).await;
    app.ask("GET", USERS).key(&ada.access).await.ok(200);
    app.edit_user(ada.id, &json!({ "role": "user" })).await.ok(200);
    app.ask("GET", USERS).key(&ada.access).await.problem(401, "unauthenticated");
    assert_out(&app, &ada, &session).await;
    let tokens = app.log_in(ADA, PASSWORD).await.ok(200);
    let again = Person::new(ada.id, ADA, &tokens);
    app.ask("GET", USERS).key(&again.access).await.problem(403, "forbidden");
}

#[tokio::test]
async fn jwt_09_logging_out_ends_this_login_and_everywhere_ends_all() {
    let app = TestApp::start().await;
    let (ada, session, key) = everything(&app).await;
    let other = app.log_in(ADA, PASSWORD).await.ok(200);
    let other = Person::new(ada.id, ADA, &other);
    let body = json!({ "refresh_token": other.refresh });
    for _ in 0..2 {
        assert_eq!(app.ask("POST", "/api/v1/auth/logout").json(&body).await.status, 204);
    }
    app.refresh(&other.refresh).await.problem(401, "unauthenticated");
    app.me(&other.access).await.problem(401, "unauthenticated");
    app.me(&ada.access).await.ok(200);
    // Later tokens of the login end too, whichever of its tokens is used to log out.
    let third = Person::new(ada.id, ADA, &app.log_in(ADA, PASSWORD).await.ok(200));
    let next = Person::new(ada.id, ADA, &app.refresh(&third.refresh).await.ok(200));
    let body = json!({ "refresh_token": third.refresh });
    assert_eq!(app.ask("POST", "/api/v1/auth/logout").json(&body).await.status, 204);
    for access in [&third.access, &next.access] {
        app.me(access).await.problem(401, "unauthenticated");
    }
    app.me(&ada.access).await.ok(200);
    let out = app.ask("POST", "/api/v1/auth/logout-everywhere").key(&ada.access).await;
    assert_eq!(out.status, 204);
    assert_out(&app, &ada, &session).await;
    app.me(&key).await.ok(200);
}

#[tokio::test]
async fn rt_01_a_refresh_token_that_is_used_again_ends_its_family() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let second = app.refresh(&ada.refresh).await.ok(200);
    let second = Person::new(ada.id, ADA, &second);
    app.me(&second.access).await.ok(200);
    app.clock.advance(Duration::from_secs(11));
    app.refresh(&ada.refresh).await.problem(401, "unauthenticated");
    app.refresh(&second.refresh).await.problem(401, "unauthenticated");
    for access in [&ada.access, &second.access] {
        app.me(access).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn rt_02_a_second_tab_goes_on_with_the_same_refresh_token_on_any_node() {
    let app = TestApp::start().await;
    let neighbour = app.neighbour().await;
    let ada = app.person(ADA).await;
    let of = |tokens: &Value| Person::new(ada.id, ADA, tokens);
    let one = of(&app.refresh(&ada.refresh).await.ok(200));
    let other = of(&neighbour.refresh(&ada.refresh).await.ok(200));
    assert_eq!(one.refresh, other.refresh);
    assert_ne!(one.access, other.access);
    for tab in [&one, &other] {
        app.me(&tab.access).await.ok(200);
    }
    let next = of(&app.refresh(&one.refresh).await.ok(200));
    assert_eq!(of(&app.refresh(&other.refresh).await.ok(200)).refresh, next.refresh);
    // A copy of the first token, used in time, starts no second chain: the one chain ends for both.
    app.refresh(&ada.refresh).await.problem(401, "unauthenticated");
    app.refresh(&next.refresh).await.ok(200);
    app.clock.advance(Duration::from_secs(11));
    app.refresh(&next.refresh).await.problem(401, "unauthenticated");
    app.me(&next.access).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn rt_03_a_refresh_token_that_nobody_uses_is_over_after_30_days() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    app.clock.advance(Duration::from_hours(30 * 24));
    app.refresh(&ada.refresh).await.problem(401, "unauthenticated");
    for junk in ["", "x", &ada.access, &"A".repeat(43)] {
        app.refresh(junk).await.problem(401, "unauthenticated");
    }
}
