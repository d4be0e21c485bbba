//! The last release and today's program on one database, as while nodes are upgraded one after the
//! other: each sees what the other makes, edits, deletes and counts (promise P4).
//!
//! `CURT_LAST_RELEASE_PROGRAM` names the last release's program; `cargo xtask last-release` builds
//! it. Without the variable today's program replaces it: two nodes of one release must agree too.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    databases::{TestDatabase, for_each_engine},
    server::{Server, ServerCommand},
    visits::{Visits, await_counted},
};

use crate::{
    beside::{await_visit, leads_to, visit},
    program::{Program, Run},
};

const SECRET: &str = "5b0e9d6a47c2f1838e7da95c06b4e2f1739c8d50a6e4b21f08c3d7f5e96a1b42";
const PASSWORD: &str = "four words nobody guesses";

/// Redirects of each program that are followed to their end.
const FOLLOWED: usize = 400;
/// How long links are followed before a server is killed.
const VISITING: Duration = Duration::from_millis(500);

fn today() -> PathBuf {
    env!("CARGO_BIN_EXE_curt").into()
}

fn last_release() -> PathBuf {
    env::var_os("CURT_LAST_RELEASE_PROGRAM").map_or_else(today, PathBuf::from)
}

fn node(program: &Path, database: &TestDatabase, data_dir: &TempDir) -> ServerCommand {
    ServerCommand::new(program, data_dir.path())
        .env("CURT_DATABASE_URL", database.url())
        .env("CURT_SECRET_KEY", SECRET)
        .env("CURT_PUBLIC_URL", "https://go.example.com")
        .env("CURT_HTTP__ALLOWED_HOSTS", "localhost")
}

/// Both at work. The older one made the tables, and it runs while the newer one changes them.
struct Both {
    old: Server,
    new: Server,
    homes: [TempDir; 2],
}

impl Both {
    fn start(database: &TestDatabase) -> Self {
        let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let old = node(&last_release(), database, &homes[0]).start();
        let new = node(&today(), database, &homes[1]).start();
        Self { old, new, homes }
    }

    /// Each order of the two: the first node, the second, and the first one's name.
    fn each_way(&self) -> [(&Server, &Server, &'static str); 2] {
        [(&self.old, &self.new, "old"), (&self.new, &self.old, "new")]
    }
}

#[tokio::test]
async fn what_one_release_does_to_links_the_other_hears_of() {
    for_each_engine(async |database| {
        let both = Both::start(database);
        for (here, there, alias) in both.each_way() {
            let mut owners = [here, there].map(Server::client);
            let [owner, other] = &mut owners;
            let path = format!("/{alias}");
            let link = everything(alias);
            let made = owner.post("/api/v1/urls", &link).unwrap();
            assert_eq!(made.status, 201, "{}", made.json());
            let api = format!("/api/v1/urls/{}", made.json()["id"]);
            // Before the link is followed: its clicks may be counted at any moment.
            assert_eq!(other.get(&api).unwrap().json(), made.json());
            assert_eq!(visit(&mut there.visitor(), &path), leads_to("https://example.com/1"));

            let edit = json!({ "original_url": "https://example.com/2", "tags": ["two"] });
            assert_eq!(other.patch(&api, &edit).unwrap().status, 200);
            await_visit(here, &path, &leads_to("https://example.com/2"));
            let edit = json!({ "original_url": "https://example.com/3", "title": null });
            let edited = owner.patch(&api, &edit).unwrap().json();
            assert_eq!(edited["revision"], 3);
            await_visit(there, &path, &leads_to("https://example.com/3"));
            let history = format!("{api}/history");
            assert_eq!(other.get(&history).unwrap().json(), owner.get(&history).unwrap().json());

            assert_eq!(other.delete(&api).unwrap().status, 204);
            await_visit(here, &path, &(404, None));
            assert_eq!(owner.post(&format!("{api}/restore"), &Value::Null).unwrap().status, 200);
            await_visit(there, &path, &leads_to("https://example.com/3"));
        }
        assert_both_list_the_same(&both, database);
    })
    .await;
}

fn everything(alias: &str) -> Value {
    json!({
        "original_url": "https://example.com/1",
        "custom_alias": alias,
        "title": "It's \"ödd\" 😀",
        "note": "two\nlines",
        "tags": ["one", "ä"],
        "forward_query": true,
        "valid_from": "2026-01-31T12:00:00Z",
        "expires_at": "2099-12-31T00:00:00Z",
        "fallback_url": "https://example.com/over",
    })
}

/// In the API, and on the command line beside the servers.
fn assert_both_list_the_same(both: &Both, database: &TestDatabase) {
    [&both.old, &both.new].into_iter().for_each(await_counted);
    for path in ["/api/v1/urls?sort=created_at", "/api/v1/admin/audit?limit=200"] {
        let [old, new] = [&both.old, &both.new].map(|server| {
            let found = server.client().get(path).unwrap().json();
            found["items"].as_array().unwrap().clone()
        });
        assert!(!old.is_empty(), "{path}");
        assert_eq!(old, new, "{path}");
    }
    let place = Program::new()
        .with_env("CURT_DATABASE_URL", &database.url())
        .with_env("CURT_SECRET_KEY", SECRET);
    let [old, new] = [last_release(), today()].map(|program| {
        let list = ["links", "list", "--all", "--json"];
        let run = Run::from(place.prepare(Command::new(program), &list).output().unwrap());
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stdout
    });
    assert_eq!(old.lines().count(), 2, "{old}");
    assert_eq!(old, new);
}

#[tokio::test]
async fn whom_one_release_knows_the_other_lets_in() {
    for_each_engine(async |database| {
        let both = Both::start(database);
        for (here, there, name) in both.each_way() {
            let credentials =
                json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
            let mut admins = [here, there].map(Server::client);
            let [admin, other] = &mut admins;
            let user = admin.post("/api/v1/admin/users", &credentials).unwrap();
            assert_eq!(user.status, 201, "{}", user.json());
            let user = format!("/api/v1/admin/users/{}", user.json()["id"]);

            // A login on one node, whose tokens work on the other.
            let tokens = there.visitor().post("/api/v1/auth/login", &credentials).unwrap().json();
            let with_token = |server: &Server| {
                let token = tokens["access_token"].as_str().unwrap();
                server.visitor().with_key(token).get("/api/v1/auth/me").unwrap().status
            };
            assert_eq!([with_token(here), with_token(there)], [200, 200]);
            let refresh = json!({ "refresh_token": tokens["refresh_token"] });
            let refreshed = here.visitor().post("/api/v1/auth/refresh", &refresh).unwrap();
            assert_eq!(refreshed.status, 200, "{}", refreshed.json());

            let wanted = json!({ "name": "program", "scopes": ["links:read", "links:write"] });
            let key = admin.post(&format!("{user}/keys"), &wanted).unwrap().json();
            let mut program = there.visitor().with_key(key["key"].as_str().unwrap());
            let link = json!({ "original_url": "https://example.com/", "custom_alias": name });
            assert_eq!(program.post("/api/v1/urls", &link).unwrap().status, 201);

            let disabled = other.patch(&user, &json!({ "status": "disabled" })).unwrap();
            assert_eq!(disabled.status, 200, "{}", disabled.json());
            assert_eq!([with_token(here), with_token(there)], [401, 401]);
            assert_eq!(program.get("/api/v1/urls").unwrap().status, 401);
        }
    })
    .await;
}

#[tokio::test]
async fn what_one_release_blocks_the_other_refuses() {
    for_each_engine(async |database| {
        let both = Both::start(database);
        for (here, there, alias) in both.each_way() {
            let host = format!("{alias}.evil.example");
            let target = format!("https://{host}/");
            let link = json!({ "original_url": target, "custom_alias": alias });
            assert_eq!(there.client().post("/api/v1/urls", &link).unwrap().status, 201);
            let report = json!({ "short_code": alias, "reason": "phishing" });
            assert_eq!(there.visitor().post("/api/v1/reports", &report).unwrap().status, 202);

            let mut admin = here.client();
            let open = admin.get("/api/v1/admin/reports?state=open").unwrap().json();
            let block = format!("/api/v1/admin/reports/{}/block-host", open["items"][0]["id"]);
            assert_eq!(admin.post(&block, &Value::Null).unwrap().status, 200);
            let path = format!("/{alias}");
            assert_eq!(visit(&mut here.visitor(), &path), (451, None));
            await_visit(there, &path, &(451, None));

            let list = "/api/v1/admin/target-blocks";
            let blocks = there.client().get(list).unwrap().json();
            assert_eq!(blocks["items"][0]["pattern"], host);
            let entry = format!("{list}/{}", blocks["items"][0]["id"]);
            assert_eq!(there.client().delete(&entry).unwrap().status, 204);
            await_visit(here, &path, &leads_to(&target));
        }
    })
    .await;
}

#[tokio::test]
async fn both_releases_count_exactly_and_today_s_counts_what_the_last_one_left() {
    for_each_engine(async |database| {
        let Both { old, new, homes } = Both::start(database);
        let mut visits = Visits::new(&old);
        let mut others = visits.of_others();
        let following = thread::spawn(move || {
            others.follow(&new, FOLLOWED);
            (others, new)
        });
        visits.follow(&old, FOLLOWED);
        let (others, new) = following.join().unwrap();
        visits.join(&others);
        [&old, &new].into_iter().for_each(await_counted);
        for server in [&old, &new] {
            visits.assert_exact(server);
        }

        // Both die with uncounted clicks in their journals. The upgrade counts those of the last
        // release.
        let mut others = visits.of_others();
        thread::scope(|scope| {
            scope.spawn(|| others.until_end(new, VISITING, |server| drop(server.kill())));
            visits.until_end(old, VISITING, |server| drop(server.kill()));
        });
        visits.join(&others);
        let upgraded = homes.each_ref().map(|home| node(&today(), database, home).start());
        upgraded.iter().for_each(await_counted);
        visits.settle(&upgraded[0]);
        visits.assert_exact(&upgraded[1]);

        // After a downgrade everything is still there.
        let [first, second] = upgraded;
        drop(second.kill());
        let back = node(&last_release(), database, &homes[1]).start();
        visits.follow(&back, FOLLOWED);
        for server in [&back, &first] {
            visits.assert_exact(server);
        }
    })
    .await;
}
