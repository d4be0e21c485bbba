//! IDOR-01: every route against every kind of caller. The routes come from the OpenAPI document, so a
//! new one fails here until it has a row.

use std::collections::BTreeSet;

use curt_web::Registration;
use serde_json::{Value, json};

use crate::{
    app::{ADMIN_KEY, TestApp},
    ask::Ask,
    people::{Person, SAME_ORIGIN},
};

/// Who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Everybody, whoever they are.
    Public,
    /// The owner of the link, and administrators; others do not find it.
    Own(&'static str),
    /// Whoever has that right: it concerns nothing of others.
    Anything(&'static str),
    /// Whoever has an account, also through a key.
    Member,
    /// Whoever has an account and came without a key.
    Account,
    /// The owner of the key, without one, and administrators.
    Keys,
    Admin,
}

const READ: &str = "links:read";
const WRITE: &str = "links:write";
const ANALYTICS: &str = "analytics:read";

const ROWS: &[(&str, Row)] = &[
    ("get /", Row::Public),
    ("get /api/v1/admin/audit", Row::Admin),
    ("delete /api/v1/admin/invites/{id}", Row::Admin),
    ("get /api/v1/admin/invites", Row::Admin),
    ("post /api/v1/admin/invites", Row::Admin),
    ("get /api/v1/admin/ip-blocks", Row::Admin),
    ("post /api/v1/admin/ip-blocks", Row::Admin),
    ("delete /api/v1/admin/ip-blocks/{id}", Row::Admin),
    ("get /api/v1/admin/reports", Row::Admin),
    ("post /api/v1/admin/reports/{id}/block-host", Row::Admin),
    ("post /api/v1/admin/reports/{id}/disable", Row::Admin),
    ("post /api/v1/admin/reports/{id}/dismiss", Row::Admin),
    ("post /api/v1/admin/reports/{id}/enable", Row::Admin),
    ("get /api/v1/admin/target-blocks", Row::Admin),
    ("post /api/v1/admin/target-blocks", Row::Admin),
    ("post /api/v1/admin/target-blocks/import", Row::Admin),
    ("delete /api/v1/admin/target-blocks/{id}", Row::Admin),
    ("get /api/v1/admin/users", Row::Admin),
    ("post /api/v1/admin/users", Row::Admin),
    ("delete /api/v1/admin/users/{id}", Row::Admin),
    ("get /api/v1/admin/users/{id}", Row::Admin),
    ("patch /api/v1/admin/users/{id}", Row::Admin),
    ("get /api/v1/admin/users/{id}/keys", Row::Admin),
    ("post /api/v1/admin/users/{id}/keys", Row::Admin),
    ("get /api/v1/analytics/{short_code}/summary", Row::Own(ANALYTICS)),
    ("get /api/v1/analytics/{short_code}/timeseries", Row::Own(ANALYTICS)),
    ("post /api/v1/auth/bootstrap", Row::Public),
    ("post /api/v1/auth/login", Row::Public),
    ("post /api/v1/auth/logout", Row::Public),
    ("post /api/v1/auth/logout-everywhere", Row::Account),
    ("delete /api/v1/auth/me", Row::Account),
    ("get /api/v1/auth/me", Row::Member),
    ("patch /api/v1/auth/me", Row::Account),
    ("post /api/v1/auth/password", Row::Account),
    ("post /api/v1/auth/refresh", Row::Public),
    ("post /api/v1/auth/register", Row::Public),
    ("delete /api/v1/auth/session", Row::Public),
    ("post /api/v1/auth/session", Row::Public),
    ("get /api/v1/health", Row::Public),
    ("get /api/v1/keys", Row::Account),
    ("post /api/v1/keys", Row::Account),
    ("delete /api/v1/keys/{id}", Row::Keys),
    ("get /api/v1/qr/{short_code}", Row::Public),
    ("post /api/v1/reports", Row::Public),
    ("get /api/v1/urls", Row::Anything(READ)),
    ("post /api/v1/urls", Row::Anything(WRITE)),
    ("post /api/v1/urls/bulk", Row::Anything(WRITE)),
    ("delete /api/v1/urls/{id}", Row::Own(WRITE)),
    ("get /api/v1/urls/{id}", Row::Own(READ)),
    ("patch /api/v1/urls/{id}", Row::Own(WRITE)),
    ("get /api/v1/urls/{id}/history", Row::Own(READ)),
    ("post /api/v1/urls/{id}/restore", Row::Own(WRITE)),
    ("get /-/report", Row::Public),
    ("post /-/report", Row::Public),
    ("get /abuse/feed.json", Row::Public),
    ("get /docs", Row::Public),
    ("get /favicon.ico", Row::Public),
    ("get /healthz", Row::Public),
    ("get /openapi.json", Row::Public),
    ("get /readyz", Row::Public),
    ("get /robots.txt", Row::Public),
    ("get /{code}", Row::Public),
    ("head /{code}", Row::Public),
    ("post /{code}", Row::Public),
    ("get /{code}+", Row::Public),
];

/// Of whom and of what the requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Anonymous,
    OtherUser,
    OtherKey,
    OwnReadOnlyKey,
    DisabledUser,
    Owner,
    OwnerInBrowser,
    Administrator,
    AdminKey,
}

/// Those who may do it come last: what they do stays done.
const ACTORS: [Actor; 9] = [
    Actor::Anonymous,
    Actor::OtherUser,
    Actor::OtherKey,
    Actor::OwnReadOnlyKey,
    Actor::DisabledUser,
    Actor::Owner,
    Actor::OwnerInBrowser,
    Actor::Administrator,
    Actor::AdminKey,
];

/// What must come of it: the status and the code, or anything that is no refusal of the caller.
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
            AdminKey, Administrator, Anonymous, DisabledUser, OtherKey, OwnReadOnlyKey, Owner,
            OwnerInBrowser,
        };
        let (is_owner, is_admin) = (
            matches!(actor, Owner | OwnerInBrowser | OwnReadOnlyKey),
            matches!(actor, Administrator | AdminKey),
        );
        let is_key = matches!(actor, OtherKey | OwnReadOnlyKey);
        if self == Self::Public {
            return Expected::Allowed;
        }
        if matches!(actor, Anonymous | DisabledUser) {
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

/// A server with everybody on it, and a link and a key of the owner's.
struct Stage {
    app: TestApp,
    owner: Person,
    session: String,
    read_only: String,
    other: Person,
    other_key: String,
    disabled: Person,
    administrator: Person,
    link: u64,
    code: String,
    key: u64,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::with(|settings| settings.auth.registration = Registration::Open).await;
        let owner = app.person("owner@example.com").await;
        let other = app.person("other@example.com").await;
        // Not the same: whoever deletes their account takes their keys along.
        let third = app.person("third@example.com").await;
        let disabled = app.person("disabled@example.com").await;
        app.edit_user(disabled.id, &json!({ "status": "disabled" })).await.ok(200);
        let administrator = app.administrator("root@example.com").await;
        let body = json!({ "original_url": "https://example.com/" });
        let link = app.ask("POST", "/api/v1/urls").key(&owner.access).json(&body).await.ok(201);
        let keys = app.ask("GET", "/api/v1/keys").key(&owner.access);
        let read_only = app.key_of(&owner, &[READ]).await;
        let keys = keys.await.ok(200);
        Self {
            session: app.session(&owner.email).await,
            other_key: app.key_of(&third, &[READ, WRITE, ANALYTICS]).await,
            link: link["id"].as_u64().unwrap(),
            code: link["short_code"].as_str().unwrap().to_owned(),
            key: keys["items"][0]["id"].as_u64().unwrap(),
            app,
            owner,
            read_only,
            other,
            disabled,
            administrator,
        }
    }

    fn ask(&self, actor: Actor, method: &str, path: &str, body: Option<&Value>) -> Ask {
        let id = match path {
            _ if path.contains("/keys/{id}") => self.key,
            _ if path.contains("/users/{id}") => self.other.id,
            _ if path.contains("/invites/{id}") => 1,
            _ => self.link,
        };
        let path = path.replace("{id}", &id.to_string()).replace("{short_code}", &self.code);
        let path = path.replace("{code}", &self.code);
        let mut ask = self.app.ask(&method.to_ascii_uppercase(), &path);
        if let Some(body) = body {
            ask = ask.json(body);
        }
        match actor {
            Actor::Anonymous => ask,
            Actor::OtherUser => ask.key(&self.other.access),
            Actor::OtherKey => ask.key(&self.other_key),
            Actor::OwnReadOnlyKey => ask.key(&self.read_only),
            Actor::DisabledUser => ask.key(&self.disabled.access),
            Actor::Owner => ask.key(&self.owner.access),
            Actor::OwnerInBrowser => ask.session(&self.session),
            Actor::Administrator => ask.key(&self.administrator.access),
            Actor::AdminKey => ask.key(ADMIN_KEY),
        }
    }
}

/// The first example of the operation's body, if it has one.
fn example(operation: &Value) -> Option<Value> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object()?;
    let mut body = examples.values().next()?["value"].clone();
    // The people of this test have the same password as those of the examples.
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
    let rows: BTreeSet<String> = ROWS.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(routes, rows);
    assert_eq!(rows.len(), ROWS.len(), "a row stands twice");
}

#[tokio::test]
async fn idor_01_every_route_answers_every_caller_as_its_row_says() {
    let document = TestApp::start().await.ask("GET", "/openapi.json").await.ok(200);
    for (method, path, operation) in operations(&document) {
        let route = format!("{method} {path}");
        let (_, row) = ROWS.iter().find(|(known, _)| *known == route).expect("it has a row");
        let body = example(operation);
        let stage = Stage::set().await;
        for actor in ACTORS {
            let answer = stage.ask(actor, &method, &path, body.as_ref()).await;
            match row.expects(actor) {
                Expected::Refused(status, code) => {
                    let problem = answer.problem(status, code);
                    assert_ne!(problem["detail"], "", "{route} by {actor:?}");
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

/// Whoever refuses an owner shows what the owner has: this is what others must not see or change.
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
    assert_eq!(ids(Actor::Owner).await, BTreeSet::from([stage.link]));
    assert_eq!(ids(Actor::OwnReadOnlyKey).await, BTreeSet::from([stage.link]));
    assert_eq!(ids(Actor::OtherUser).await, BTreeSet::from([theirs]));
    assert_eq!(ids(Actor::Administrator).await, BTreeSet::from([stage.link, theirs]));
    let by_code = format!("/api/v1/urls?short_code={}", stage.code);
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
