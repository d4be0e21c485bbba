//! Users with accounts, and their credentials.

use curt_web::Registration;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
};

pub(crate) const PASSWORD: &str = "four words nobody guesses";
pub(crate) const USERS: &str = "/api/v1/admin/users";

/// What browsers send when one of our pages asks.
pub(crate) const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A user who is logged in.
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) email: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Passwords are hashed only on an idle core, so a busy machine may ask clients to retry. These do,
/// at most this often.
const ATTEMPTS_MAX: u32 = 20;

async fn patiently(ask: impl Fn() -> Ask) -> Answer {
    let mut answer = ask().await;
    for _ in 1..ATTEMPTS_MAX {
        if answer.status != 503 {
            break;
        }
        answer = ask().await;
    }
    answer
}

impl TestApp {
    /// A server where anyone may register.
    pub(crate) async fn open_to_all() -> Self {
        Self::with(|settings| settings.auth.registration = Registration::Open).await
    }

    pub(crate) async fn person(&self, email: &str) -> Person {
        self.somebody(email, "user").await
    }

    pub(crate) async fn administrator(&self, email: &str) -> Person {
        self.somebody(email, "administrator").await
    }

    async fn somebody(&self, email: &str, role: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD, "role": role });
        let user = patiently(|| self.ask("POST", USERS).key(ADMIN_KEY).json(&body)).await.ok(201);
        let tokens = patiently(|| self.log_in(email, PASSWORD)).await.ok(200);
        Person::new(user["id"].as_u64().unwrap(), email, &tokens)
    }

    pub(crate) fn log_in(&self, email: &str, password: &str) -> Ask {
        let body = json!({ "email": email, "password": password });
        self.ask("POST", "/api/v1/auth/login").json(&body)
    }

    pub(crate) fn log_in_from(&self, address: &str, email: &str, password: &str) -> Ask {
        let body = json!({ "email": email, "password": password });
        self.ask_from(address, "POST", "/api/v1/auth/login").json(&body)
    }

    pub(crate) fn refresh(&self, token: &str) -> Ask {
        let body = json!({ "refresh_token": token });
        self.ask("POST", "/api/v1/auth/refresh").json(&body)
    }

    /// With a token or a key.
    pub(crate) fn me(&self, key: &str) -> Ask {
        self.ask("GET", "/api/v1/auth/me").key(key)
    }

    /// A browser session: the value of its cookie.
    pub(crate) async fn session(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.ask("POST", "/api/v1/auth/session").json(&body).await;
        answer.ok(201);
        cookie(&answer, "__Host-session").expect("a session has a cookie")
    }

    /// A new API key of this person with these scopes.
    pub(crate) async fn key_of(&self, person: &Person, scopes: &[&str]) -> String {
        let body = json!({ "name": "test", "scopes": scopes });
        let created =
            self.ask("POST", "/api/v1/keys").key(&person.access).json(&body).await.ok(201);
        created["key"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn edit_user(&self, id: u64, body: &Value) -> Answer {
        self.ask("PATCH", &format!("{USERS}/{id}")).key(ADMIN_KEY).json(body).await
    }
}

impl Person {
    pub(crate) fn new(id: u64, email: &str, tokens: &Value) -> Self {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self {
            id,
            email: email.to_owned(),
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl Ask {
    /// As a browser with this session sends it from one of our pages.
    pub(crate) fn session(self, cookie: &str) -> Self {
        let (name, value) = SAME_ORIGIN;
        self.header("cookie", &format!("__Host-session={cookie}")).header(name, value)
    }
}

/// The value that a cookie was set to.
pub(crate) fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.headers.get_all("set-cookie").iter();
    let mut lines = lines.map(|line| line.to_str().unwrap());
    let start = format!("{name}=");
    let value = lines.find_map(|line| line.strip_prefix(&start)?.split(';').next())?;
    Some(value.to_owned())
}
