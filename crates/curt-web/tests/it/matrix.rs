//! IDOR-01: every route against every kind of caller. The routes come from the OpenAPI document, so
//! a new one fails here until it has a row.

use std::collections::BTreeSet;

use curt_web::Registration;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
    people::{PASSWORD, Person, SAME_ORIGIN},
};

/// Which callers may use the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Every caller.
    Public,
    /// The link's owner, and administrators; others get 404.
    Own(&'static str),
    /// Callers with this right: it concerns nothing that others own.
    Anything(&'static str),
    /// Callers with an account, also through a key.
    Member,
    /// Callers with an account who did not use a key.
    Account,
    /// The key's owner, when not using a key, and administrators.
    Keys,
    Admin,
}

const READ: &str = "links:read";
const WRITE: &str = "links:write";
const ANALYTICS: &str = "analytics:read";

/// Routes, which callers may use them, and the status for the first allowed caller.
const ROWS: &[(&str, Row, u16)] = &[
    ("get /", Row::Public, 200),
    ("get /api/v1/admin/audit", Row::Admin, 200),
    ("delete /api/v1/admin/invites/{id}", Row::Admin, 204),
    ("get /api/v1/admin/invites", Row::Admin, 200),
    ("post /api/v1/admin/invites", Row::Admin, 201),
    ("get /api/v1/admin/ip-blocks", Row::Admin, 200),
    ("post /api/v1/admin/ip-blocks", Row::Admin, 201),
    ("delete /api/v1/admin/ip-blocks/{id}", Row::Admin, 204),
    ("get /api/v1/admin/reports", Row::Admin, 200),
    ("post /api/v1/admin/reports/{id}/block-host", Row::Admin, 200),
    ("post /api/v1/admin/reports/{id}/disable", Row::Admin, 200),
    ("post /api/v1/admin/reports/{id}/dismiss", Row::Admin, 200),
    ("post /api/v1/admin/reports/{id}/enable", Row::Admin, 200),
    ("get /api/v1/admin/target-blocks", Row::Admin, 200),
    ("post /api/v1/admin/target-blocks", Row::Admin, 201),
    ("post /api/v1/admin/target-blocks/import", Row::Admin, 200),
    ("delete /api/v1/admin/target-blocks/{id}", Row::Admin, 204),
    ("get /api/v1/admin/users", Row::Admin, 200),
    ("post /api/v1/admin/users", Row::Admin, 201),
    ("delete /api/v1/admin/users/{id}", Row::Admin, 204),
    ("get /api/v1/admin/users/{id}", Row::Admin, 200),
    ("patch /api/v1/admin/users/{id}", Row::Admin, 200),
    ("get /api/v1/admin/users/{id}/keys", Row::Admin, 200),
    ("post /api/v1/admin/users/{id}/keys", Row::Admin, 201),
    ("get /api/v1/analytics/{short_code}/summary", Row::Own(ANALYTICS), 200),
    ("get /api/v1/analytics/{short_code}/timeseries", Row::Own(ANALYTICS), 200),
    // There is an administrator already.
    ("post /api/v1/auth/bootstrap", Row::Public, 404),
    ("post /api/v1/auth/login", Row::Public, 200),
    ("post /api/v1/auth/logout", Row::Public, 204),
    ("post /api/v1/auth/logout-everywhere", Row::Account, 204),
    ("delete /api/v1/auth/me", Row::Account, 204),
    ("get /api/v1/auth/me", Row::Member, 200),
    ("patch /api/v1/auth/me", Row::Account, 200),
    ("post /api/v1/auth/password", Row::Account, 200),
    ("post /api/v1/auth/refresh", Row::Public, 200),
    ("post /api/v1/auth/register", Row::Public, 201),
    ("delete /api/v1/auth/session", Row::Public, 204),
    ("post /api/v1/auth/session", Row::Public, 201),
    ("get /api/v1/health", Row::Public, 200),
    ("get /api/v1/keys", Row::Account, 200),
    ("post /api/v1/keys", Row::Account, 201),
    ("delete /api/v1/keys/{id}", Row::Keys, 204),
    ("get /api/v1/qr/{short_code}", Row::Public, 200),
    ("post /api/v1/reports", Row::Public, 202),
    ("get /api/v1/urls", Row::Anything(READ), 200),
    ("post /api/v1/urls", Row::Anything(WRITE), 201),
    ("post /api/v1/urls/bulk", Row::Anything(WRITE), 200),
    ("delete /api/v1/urls/{id}", Row::Own(WRITE), 204),
    ("get /api/v1/urls/{id}", Row::Own(READ), 200),
    ("patch /api/v1/urls/{id}", Row::Own(WRITE), 200),
    ("get /api/v1/urls/{id}/history", Row::Own(READ), 200),
    ("post /api/v1/urls/{id}/restore", Row::Own(WRITE), 200),
    ("get /-/report", Row::Public, 200),
    ("post /-/report", Row::Public, 202),
    // There is an administrator already.
    ("get /-/setup", Row::Public, 404),
    ("post /-/setup", Row::Public, 404),
    ("get /abuse/feed.json", Row::Public, 200),
    ("get /docs", Row::Public, 200),
    ("get /favicon.ico", Row::Public, 204),
    ("get /healthz", Row::Public, 200),
    ("get /openapi.json", Row::Public, 200),
    ("get /readyz", Row::Public, 200),
    ("get /robots.txt", Row::Public, 200),
    ("get /{code}", Row::Public, 302),
    ("head /{code}", Row::Public, 302),
    // The link has no password.
    ("post /{code}", Row::Public, 405),
    ("get /{code}+", Row::Public, 200),
];

/// The sender of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Anonymous,
    DisabledUser,
    DisabledKey,
    DisabledSession,
    OtherUser,
    OtherInBrowser,
    OtherKey,
    /// An administrator's key, with every scope except `admin`.
    AdministratorsPlainKey,
    OwnReadOnlyKey,
    Owner,
    OwnerInBrowser,
    Administrator,
    AdminKey,
}

/// Allowed callers come last: their changes stay.
const ACTORS: [Actor; 13] = [
    Actor::Anonymous,
    Actor::DisabledUser,
    Actor::DisabledKey,
    Actor::DisabledSession,
    Actor::OtherUser,
    Actor::OtherInBrowser,
    Actor::OtherKey,
    Actor::AdministratorsPlainKey,
    Actor::OwnReadOnlyKey,
    Actor::Owner,
    Actor::OwnerInBrowser,
    Actor::Administrator,
    Actor::AdminKey,
];

/// The expected answer. Refused: the status and the code. Allowed: for the first caller the status
/// of the row, and for later ones anything except a refusal of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Allowed,
    Refused(u16, &'static str),
}

const ANONYMOUS: Expected = Expected::Refused(401, "unauthenticated");
const FORBIDDEN: Expected = Expected::Refused(403, "forbidden");
const HIDDEN: Expected = Expected::Refused(404, "not_found");

impl Row {
    fn expects(self, actor: Actor) -> Expected {
        use Actor::{
            AdminKey, Administrator, AdministratorsPlainKey, Anonymous, DisabledKey,
            DisabledSession, DisabledUser, OtherKey, OwnReadOnlyKey, Owner, OwnerInBrowser,
        };
        let (is_owner, is_admin) = (
            matches!(actor, Owner | OwnerInBrowser | OwnReadOnlyKey),
            matches!(actor, Administrator | AdminKey),
        );
        let is_key = matches!(actor, OtherKey | OwnReadOnlyKey | AdministratorsPlainKey);
        if self == Self::Public {
            return Expected::Allowed;
        }
        if matches!(actor, Anonymous | DisabledUser | DisabledKey | DisabledSession) {
            return ANONYMOUS;
        }
        let is_forbidden = match self {
            Self::Admin => !is_admin,
            Self::Member => actor == AdminKey,
            Self::Account => is_key || actor == AdminKey,
            Self::Keys => is_key,
            Self::Own(scope) | Self::Anything(scope) => actor == OwnReadOnlyKey && scope != READ,
            Self::Public => false,
        };
        if is_forbidden {
            return FORBIDDEN;
        }
        let is_hidden = matches!(self, Self::Own(_) | Self::Keys) && !is_owner && !is_admin;
        if is_hidden { HIDDEN } else { Expected::Allowed }
    }
}

/// A server with every kind of caller, and one of each thing that has an id: a link, a key and a
/// session of the owner's, a report of the link, an invitation, and a block of either kind.
struct Stage {
    app: TestApp,
    owner: Person,
    session: String,
    read_only: String,
    other: Person,
    other_session: String,
    other_key: String,
    disabled: Disabled,
    administrator: Person,
    plain_key: String,
    things: Things,
}

/// The credentials of a user who was disabled.
struct Disabled {
    access: String,
    key: String,
    session: String,
}

struct Things {
    link: u64,
    code: String,
    key: u64,
    user: u64,
    report: u64,
    invite: u64,
    ip_block: u64,
    target_block: u64,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::with(|settings| settings.auth.registration = Registration::Open).await;
        let owner = app.person("owner@example.com").await;
        let other = app.person("other@example.com").await;
        // A third user, because deleting an account also deletes its keys.
        let third = app.person("third@example.com").await;
        let administrator = app.administrator("root@example.com").await;
        let read_only = app.key_of(&owner, &[READ]).await;
        Self {
            session: app.session(&owner.email).await,
            other_session: app.session(&other.email).await,
            other_key: app.key_of(&third, &[READ, WRITE, ANALYTICS]).await,
            plain_key: app.key_of(&administrator, &[READ, WRITE, ANALYTICS]).await,
            disabled: Disabled::new(&app).await,
            things: Things::new(&app, &owner, &third).await,
            app,
            owner,
            read_only,
            other,
            administrator,
        }
    }

    fn ask(&self, actor: Actor, method: &str, path: &str, body: Option<&Value>) -> Ask {
        let mut ask = self.app.ask(&method.to_ascii_uppercase(), &self.things.name_in(path));
        if let Some(body) = body {
            ask = ask.json(body);
        }
        if (method, path) == ("post", "/-/report") {
            let form = format!("link={}&reason=spam", self.things.code);
            ask = ask.body("application/x-www-form-urlencoded", form);
        }
        match actor {
            Actor::Anonymous => ask,
            Actor::DisabledUser => ask.key(&self.disabled.access),
            Actor::DisabledKey => ask.key(&self.disabled.key),
            Actor::DisabledSession => ask.session(&self.disabled.session),
            Actor::OtherUser => ask.key(&self.other.access),
            Actor::OtherInBrowser => ask.session(&self.other_session),
            Actor::OtherKey => ask.key(&self.other_key),
            Actor::AdministratorsPlainKey => ask.key(&self.plain_key),
            Actor::OwnReadOnlyKey => ask.key(&self.read_only),
            Actor::Owner => ask.key(&self.owner.access),
            Actor::OwnerInBrowser => ask.session(&self.session),
            Actor::Administrator => ask.key(&self.administrator.access),
            Actor::AdminKey => ask.key(ADMIN_KEY),
        }
    }

    /// The body for the request to succeed: the document's example, adapted to this stage.
    fn body(&self, path: &str, example: Option<Value>) -> Option<Value> {
        let own = match path {
            "/api/v1/auth/login" | "/api/v1/auth/session" => {
                json!({ "email": self.owner.email, "password": PASSWORD })
            }
            "/api/v1/auth/refresh" | "/api/v1/auth/logout" => {
                json!({ "refresh_token": self.owner.refresh })
            }
            "/api/v1/reports" => json!({ "short_code": self.things.code, "reason": "spam" }),
            _ => return example,
        };
        example.map(|_| own)
    }
}

impl Disabled {
    async fn new(app: &TestApp) -> Self {
        let disabled = app.person("disabled@example.com").await;
        let key = app.key_of(&disabled, &[READ, WRITE, ANALYTICS]).await;
        let session = app.session(&disabled.email).await;
        app.edit_user(disabled.id, &json!({ "status": "disabled" })).await.ok(200);
        Self { access: disabled.access, key, session }
    }
}

impl Things {
    async fn new(app: &TestApp, owner: &Person, user: &Person) -> Self {
        let body = json!({ "original_url": "https://example.com/" });
        let link = app.ask("POST", "/api/v1/urls").key(&owner.access).json(&body).await.ok(201);
        let code = link["short_code"].as_str().unwrap().to_owned();
        let report = json!({ "short_code": code, "reason": "spam" });
        app.ask_from("203.0.113.1", "POST", "/api/v1/reports").json(&report).await.ok(202);
        let make = async |path: &str, body: Value| {
            let made = app.ask("POST", path).key(ADMIN_KEY).json(&body).await.ok(201);
            let id = made.get("id").unwrap_or_else(|| &made["block"]["id"]);
            id.as_u64().unwrap()
        };
        let first = async |path: &str, key: &str| {
            let list = app.ask("GET", path).key(key).await.ok(200);
            list["items"][0]["id"].as_u64().unwrap()
        };
        let network = json!({ "network": "203.0.113.0/24" });
        let pattern = json!({ "pattern": "evil.example" });
        Self {
            link: link["id"].as_u64().unwrap(),
            code,
            key: first("/api/v1/keys", &owner.access).await,
            user: user.id,
            report: first("/api/v1/admin/reports", ADMIN_KEY).await,
            invite: make("/api/v1/admin/invites", json!({})).await,
            ip_block: make("/api/v1/admin/ip-blocks", network).await,
            target_block: make("/api/v1/admin/target-blocks", pattern).await,
        }
    }

    /// The path with the ids of this stage.
    fn name_in(&self, path: &str) -> String {
        let kinds = [
            ("/urls/", self.link),
            ("/keys/", self.key),
            ("/users/", self.user),
            ("/reports/", self.report),
            ("/invites/", self.invite),
            ("/ip-blocks/", self.ip_block),
            ("/target-blocks/", self.target_block),
        ];
        let id_of = |(kind, _): &&(&str, u64)| path.contains(&format!("{kind}{{id}}"));
        let (_, id) = kinds.iter().find(id_of).copied().unwrap_or_default();
        assert!(id != 0 || !path.contains("{id}"), "nothing on the stage is meant by {path}");
        let path = path.replace("{id}", &id.to_string());
        path.replace("{short_code}", &self.code).replace("{code}", &self.code)
    }
}

/// The first example of the operation's body, if it has one.
fn example(operation: &Value) -> Option<Value> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object()?;
    let mut body = examples.values().next()?["value"].clone();
    // The users of this test have the same password as those of the examples.
    if let Some(alias) = body.get_mut("custom_alias") {
        *alias = Value::Null;
    }
    Some(body)
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation));
        }
    }
    operations
}

#[tokio::test]
async fn idor_01_every_route_has_a_row_and_every_row_a_route() {
    let document = TestApp::start().await.ask("GET", "/openapi.json").await.ok(200);
    let routes: BTreeSet<String> =
        operations(&document).iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(routes, rows);
    assert_eq!(rows.len(), ROWS.len(), "a row stands twice");
}

#[tokio::test]
async fn idor_01_every_route_answers_every_caller_as_its_row_says() {
    let document = TestApp::start().await.ask("GET", "/openapi.json").await.ok(200);
    for (method, path, operation) in operations(&document) {
        let route = format!("{method} {path}");
        let (_, row, status) =
            ROWS.iter().find(|(known, ..)| *known == route).expect("it has a row");
        let stage = Stage::set().await;
        let body = stage.body(&path, example(operation));
        let mut may_be_first = true;
        for actor in ACTORS {
            let answer = stage.ask(actor, &method, &path, body.as_ref()).await;
            match row.expects(actor) {
                Expected::Refused(status, code) => {
                    let problem = answer.problem(status, code);
                    assert_ne!(problem["detail"], "", "{route} by {actor:?}");
                }
                Expected::Allowed if may_be_first => {
                    may_be_first = false;
                    assert_eq!(answer.status, *status, "{route} by {actor:?}: {answer:?}");
                }
                Expected::Allowed => {
                    let is_refused = matches!(answer.status.as_u16(), 401 | 403);
                    let is_login = path.starts_with("/api/v1/auth/") || *row == Row::Public;
                    assert!(!is_refused || is_login, "{route} by {actor:?}: {answer:?}");
                }
            }
        }
    }
}

/// The matrix shows which callers are refused; this shows that lists omit what others own.
#[tokio::test]
async fn idor_01_lists_hold_what_is_ones_own_and_nothing_else() {
    let stage = Stage::set().await;
    let body = json!({ "original_url": "https://example.com/other" });
    let create = stage.app.ask("POST", "/api/v1/urls").key(&stage.other.access).json(&body);
    let theirs = create.await.ok(201)["id"].as_u64().unwrap();
    let ids = async |actor| {
        let list = stage.ask(actor, "get", "/api/v1/urls", None).await.ok(200);
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_u64().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(ids(Actor::Owner).await, BTreeSet::from([stage.things.link]));
    assert_eq!(ids(Actor::OwnReadOnlyKey).await, BTreeSet::from([stage.things.link]));
    assert_eq!(ids(Actor::OtherUser).await, BTreeSet::from([theirs]));
    assert_eq!(ids(Actor::Administrator).await, BTreeSet::from([stage.things.link, theirs]));
    let by_code = format!("/api/v1/urls?short_code={}", stage.things.code);
    let found = stage.app.ask("GET", &by_code).key(&stage.other.access).await.ok(200);
    assert_eq!(found["items"], json!([]));
}

#[tokio::test]
async fn idempotency_keys_are_kept_by_person() {
    let stage = Stage::set().await;
    let body = json!({ "original_url": "https://example.com/" });
    let create = async |key: &str| {
        let ask = stage.app.ask("POST", "/api/v1/urls").key(key).header("idempotency-key", "k");
        ask.json(&body).await.ok(201)["id"].clone()
    };
    let key = stage.app.key_of(&stage.owner, &[WRITE]).await;
    let mine = create(&stage.owner.access).await;
    assert_eq!(create(&key).await, mine, "a person is the same with every key");
    assert_ne!(create(&stage.other.access).await, mine);
    let (name, value) = SAME_ORIGIN;
    let browser = stage.app.ask("POST", "/api/v1/urls").session(&stage.session);
    let browser = browser.header(name, value).header("idempotency-key", "k");
    assert_eq!(browser.json(&body).await.ok(201)["id"], mine);
}
