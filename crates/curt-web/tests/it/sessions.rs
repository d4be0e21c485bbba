//! SESS-01, CSRF-*, CORS-01, LOG-02: browsers, and what other sites can make them do.

use serde_json::json;

use crate::{
    app::{ADMIN_KEY, TestApp},
    logs::Logs,
    people::{PASSWORD, SAME_ORIGIN, USERS, cookie},
};

const ADA: &str = "ada@example.com";
const SESSION: &str = "/api/v1/auth/session";
const OWN: &str = "https://sho.rt";

#[tokio::test]
async fn sess_01_a_session_is_a_cookie_of_this_host_that_no_script_reads() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let begun = app.ask("POST", SESSION).json(&body).await;
    assert_eq!(begun.ok(201)["email"], ADA);
    let lines: Vec<_> = begun.headers.get_all("set-cookie").iter().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let line = line.to_str().unwrap();
        assert!(line.starts_with("__Host-"), "{line}");
        assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{line}");
        assert!(line.contains("; Path=/; ") && !line.contains("Domain"), "{line}");
    }
    let session = cookie(&begun, "__Host-session").unwrap();
    app.ask("GET", "/api/v1/auth/me").session(&session).await.ok(200);
    // The name for plain HTTP could be set by others.
    let plain = app.ask("GET", "/api/v1/auth/me").header("cookie", &format!("session={session}"));
    plain.await.problem(401, "unauthenticated");
    let ended = app.ask("DELETE", SESSION).session(&session).await;
    assert_eq!(
        (ended.status.as_u16(), cookie(&ended, "__Host-session")),
        (204, Some(String::new()))
    );
    app.ask("GET", "/api/v1/auth/me").session(&session).await.problem(401, "unauthenticated");
    assert_eq!(app.ask("DELETE", SESSION).await.status, 204);
}

#[tokio::test]
async fn sess_01_a_browser_that_changes_its_password_gets_a_new_session() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let session = app.session(ADA).await;
    let body =
        json!({ "current_password": PASSWORD, "new_password": "five words that nobody guesses" });
    let changed = app.ask("POST", "/api/v1/auth/password").session(&session).json(&body).await;
    assert_eq!(changed.status, 204);
    app.ask("GET", "/api/v1/auth/me").session(&session).await.problem(401, "unauthenticated");
    let session = cookie(&changed, "__Host-session").unwrap();
    app.ask("GET", "/api/v1/auth/me").session(&session).await.ok(200);
}

#[tokio::test]
async fn csrf_01_other_sites_change_nothing_with_our_cookie() {
    let app = TestApp::start().await;
    app.administrator(ADA).await;
    let session = app.session(ADA).await;
    let before = app.ask("GET", USERS).session(&session).await.ok(200);
    let foreign = [
        [("sec-fetch-site", "cross-site"), ("origin", OWN)],
        [("sec-fetch-site", "same-site"), ("origin", OWN)],
        [("sec-fetch-site", "none"), ("origin", OWN)],
        [("origin", "https://evil.example"), ("referer", OWN)],
        [("origin", "null"), ("referer", OWN)],
        [("origin", "https://www.sho.rt"), ("referer", OWN)],
        // Neither header at all.
        [("referer", OWN), ("x-requested-with", "XMLHttpRequest")],
    ];
    let user = json!({ "email": "eve@example.com", "password": PASSWORD, "role": "administrator" });
    for headers in foreign {
        for (method, path) in [
            ("POST", USERS),
            ("DELETE", SESSION),
            ("DELETE", "/api/v1/auth/me"),
            ("POST", "/api/v1/auth/logout-everywhere"),
            ("POST", "/api/v1/urls"),
            ("POST", "/api/v1/keys"),
        ] {
            for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
                let mut ask = app.ask(method, path).body(kind, user.to_string());
                ask = ask.header("cookie", &format!("__Host-session={session}"));
                for (name, value) in headers {
                    ask = ask.header(name, value);
                }
                ask.await.problem(403, "cross_site_request");
            }
        }
    }
    assert_eq!(app.ask("GET", USERS).session(&session).await.ok(200), before);
    // Our own pages may, also in browsers without fetch metadata.
    let own = app.ask("POST", USERS).header("cookie", &format!("__Host-session={session}"));
    own.header("origin", OWN).json(&user).await.ok(201);
}

#[tokio::test]
async fn csrf_01_no_other_site_logs_a_browser_in() {
    let app = TestApp::start().await;
    app.person(ADA).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = app.ask("POST", SESSION).header(name, value).json(&body).await;
        answer.problem(403, "cross_site_request");
    }
    let (name, value) = SAME_ORIGIN;
    app.ask("POST", SESSION).header(name, value).json(&body).await.ok(201);
}

#[tokio::test]
async fn csrf_02_nothing_is_changed_by_looking() {
    let app = TestApp::start().await;
    for path in [
        "/api/v1/auth/login",
        "/api/v1/auth/logout",
        "/api/v1/auth/logout-everywhere",
        "/api/v1/auth/refresh",
        "/api/v1/auth/register",
        "/api/v1/auth/password",
        SESSION,
        "/api/v1/auth/bootstrap",
        "/api/v1/urls/1/restore",
        "/api/v1/keys/1",
        "/api/v1/admin/invites/1",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = app.ask(method, path).key(ADMIN_KEY).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn cors_01_no_other_origin_reads_anything() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    let session = app.session(ADA).await;
    for origin in ["https://evil.example", "null", OWN] {
        for path in ["/api/v1/auth/me", "/api/v1/urls", "/api/v1/health", "/nobody", "/"] {
            let answers = [
                app.ask("GET", path).key(&ada.access).header("origin", origin).await,
                app.ask("GET", path).session(&session).header("origin", origin).await,
                app.ask("OPTIONS", path)
                    .header("origin", origin)
                    .header("access-control-request-method", "DELETE")
                    .await,
            ];
            for answer in answers {
                let allowed =
                    answer.headers.keys().find(|name| name.as_str().starts_with("access-control"));
                assert_eq!(allowed, None, "{path}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_no_reason_to_refuse_what_everybody_may() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let body = json!({ "original_url": "https://example.com/" });
    let old = "A".repeat(43);
    app.ask("POST", "/api/v1/urls").session(&old).json(&body).await.ok(201);
    for junk in ["", "x", &old] {
        app.ask("GET", "/api/v1/auth/me").session(junk).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn answers_tell_browsers_to_be_careful() {
    let app = TestApp::start().await;
    let ada = app.person(ADA).await;
    for answer in [
        app.me(&ada.access).await,
        app.me("wrong").await,
        app.ask("GET", "/api/v1/nothing").await,
        app.ask("GET", "/api/v1/health").await,
        app.ask("GET", "/robots.txt").await,
    ] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    assert_eq!(app.me(&ada.access).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn log_02_no_secret_is_in_a_log_a_metric_or_an_error() {
    let app = TestApp::open_to_all().await;
    let logs = Logs::of_this_thread();
    let ada = app.person(ADA).await;
    let session = app.session(ADA).await;
    let key = app.key_of(&ada, &["links:read"]).await;
    let wrong = "canary-password-of-ada";
    let mut answers = vec![
        app.log_in(ADA, wrong).await,
        app.log_in("nobody@example.com", wrong).await,
        app.me(&format!("{key}x")).await,
        app.me(&format!("{}x", ada.access)).await,
        app.refresh(&format!("{}x", ada.refresh)).await,
        app.ask("POST", "/api/v1/auth/register")
            .json(&json!({ "email": ADA, "password": wrong, "invite": wrong }))
            .await,
        app.ask("POST", "/api/v1/auth/login")
            .body("application/json", format!("{{\"{wrong}"))
            .await,
    ];
    app.refresh(&ada.refresh).await.ok(200);
    app.clock.advance(std::time::Duration::from_mins(1));
    answers.push(app.refresh(&ada.refresh).await);
    app.store.close().await;
    answers.push(app.log_in(ADA, wrong).await);
    answers.push(app.me(&key).await);
    let secrets =
        [PASSWORD, wrong, &key, &ada.access, &ada.refresh, &session, ADMIN_KEY, &ada.email];
    let logs = logs.text();
    assert!(logs.contains("used twice"), "{logs}");
    for secret in secrets {
        assert!(!logs.contains(secret), "{secret} in {logs}");
        assert!(!app.metrics().contains(secret), "{secret} in the metrics");
        for answer in &answers {
            assert!(!answer.status.is_success(), "{answer:?}");
            assert!(!answer.text().contains(secret), "{secret} in {answer:?}");
        }
    }
}
