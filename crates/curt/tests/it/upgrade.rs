//! Data of v0.1.0 under today's program: all of it is there and works. `fixtures/` holds the data,
//! and v0.1.0's own description of it.

mod comparison;
mod fixture;

use std::process::Command;

use serde_json::{Value, json};
use testkit::{
    databases::for_each_engine,
    server::{Client, Server},
    visits::await_counted,
};

use crate::{
    beside::visit,
    program::{Program, Run},
};

use comparison::differences;
use fixture::Fixture;

const RELEASE: &str = "v0.1.0";

/// Links in the backup, which was made before the last link.
const LINKS_IN_BACKUP: usize = 28;

#[tokio::test]
async fn commands_read_what_the_release_left() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let mut problems = Vec::new();
        for command in list(&fixture.expected["commands"]) {
            let arguments: Vec<&str> =
                list(&command["arguments"]).iter().map(|word| word.as_str().unwrap()).collect();
            let mut lines = lines(&fixture.place.program, &arguments);
            if arguments.starts_with(&["db", "status"]) {
                // Later releases have further migrations.
                lines.truncate(list(&command["lines"]).len());
            }
            problems.extend(differences(&arguments.join(" "), &command["lines"], &lines.into()));
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_server_says_of_everything_what_the_release_said() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let server = fixture.place.server().start();
        await_counted(&server);
        let mut admin = fixture.place.admin(&server);
        let mut grace = server.visitor().with_key(fixture.secret("grace_key"));
        let mut problems = Vec::new();
        for answer in list(&fixture.expected["answers"]) {
            let path = answer["path"].as_str().unwrap();
            let client = if answer["who"] == "grace" { &mut grace } else { &mut admin };
            let new = client.get(path).unwrap();
            problems.extend(differences(path, &answer["body"], &new.json()));
        }
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), server.output());
    })
    .await;
}

#[tokio::test]
async fn visitors_get_what_the_release_gave_them() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let server = fixture.place.server().start();
        let mut visitor = server.visitor().with_header("User-Agent", PERSON);
        for expected in list(&fixture.expected["visits"]) {
            let path = expected["path"].as_str().unwrap();
            let (status, location) = visit(&mut visitor, path);
            assert_eq!(json!({ "path": path, "status": status, "location": location }), *expected);
        }
    })
    .await;
}

/// A user agent of a person, which uses up limited clicks.
const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

#[tokio::test]
async fn clicks_that_wait_in_the_journal_are_counted_once() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let to_count = |fixture: &Fixture| -> u64 {
            let segments = lines(&fixture.place.program, &["journal", "inspect", "--json"]);
            segments.iter().map(|segment| segment["to_count"].as_u64().unwrap()).sum()
        };
        assert!(0 < fixture.uncounted());
        assert_eq!(to_count(&fixture), fixture.uncounted());
        succeed(&fixture.place.program.run(&["journal", "verify"]));
        let copied = Command::new("cp")
            .arg("-r")
            .args([fixture.place.program.path("data/journal"), fixture.place.program.path("copy")])
            .status();
        assert!(copied.unwrap().success());

        let dry = ["journal", "replay", "copy", "--dry-run", "--json"];
        assert_eq!(lines(&fixture.place.program, &dry)[0]["would_count"], fixture.uncounted());
        let links = "/api/v1/urls?limit=200&sort=created_at";
        let expected = clicks(&answer(&fixture, links)["body"]);
        for _ in 0..2 {
            let server = fixture.place.server().start();
            await_counted(&server);
            let found = fixture.place.admin(&server).get(links).unwrap().json();
            assert_eq!(clicks(&found), expected, "{}", server.output());
            server.kill();
            assert_eq!(to_count(&fixture), 0);
        }
        let replayed = lines(&fixture.place.program, &["journal", "replay", "copy", "--json"]);
        assert_eq!(replayed[0]["counted"], 0, "{replayed:?}");
    })
    .await;
}

#[tokio::test]
async fn keys_tokens_and_passwords_open_what_they_opened() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let server = fixture.place.server().start();
        let (links, users) = ("/api/v1/urls", "/api/v1/admin/users");
        assert_eq!(fixture.place.admin(&server).get(users).unwrap().status, 200);
        for (name, path, status) in [
            ("grace_key", links, 200),
            ("grace_key", users, 403),
            ("ada_key", users, 200),
            ("revoked_key", links, 401),
            ("expired_key", links, 401),
        ] {
            let mut client = server.visitor().with_key(fixture.secret(name));
            assert_eq!(client.get(path).unwrap().status, status, "{name}");
        }
        for login in list(&fixture.expected["logins"]) {
            let credentials = json!({ "email": login["email"], "password": login["password"] });
            let answer = server.visitor().post("/api/v1/auth/login", &credentials).unwrap();
            assert_eq!(answer.status, login["status"], "{credentials}");
        }
        refresh(&server, &fixture);
        let session = fixture.secret("session");
        let me = server.visitor().with_header("Cookie", session).get("/api/v1/auth/me").unwrap();
        assert_eq!(me.json()["email"], "edith@example.com");
        unlock(&server, fixture.secret("link_password"));
    })
    .await;
}

/// In a login the unused token works; the used one ends the whole login.
fn refresh(server: &Server, fixture: &Fixture) {
    let refresh = |token: &Value| {
        let body = json!({ "refresh_token": token });
        server.visitor().post("/api/v1/auth/refresh", &body).unwrap()
    };
    let next = refresh(&fixture.secret("refresh_token").into());
    assert_eq!(next.status, 200, "{}", next.json());
    assert_eq!(refresh(&fixture.secret("used_refresh_token").into()).status, 401);
    assert_eq!(refresh(&next.json()["refresh_token"]).status, 401);
}

fn unlock(server: &Server, password: &str) {
    let wrong = server.visitor().post_form("/party", "password=wrong").unwrap();
    assert_eq!(wrong.status, 401);
    let form = format!("password={}", password.replace(' ', "+"));
    let right = server.visitor().post_form("/party", &form).unwrap();
    assert_eq!(right.status, 303);
    let (cookie, _) = right.header("set-cookie").unwrap().split_once(';').unwrap();
    let mut visitor = server.visitor().with_header("Cookie", cookie);
    assert_eq!(visit(&mut visitor, "/party"), (302, Some("https://example.com/party".to_owned())));
}

#[tokio::test]
async fn what_the_release_made_can_be_changed() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        let server = fixture.place.server().start();
        let mut admin = fixture.place.admin(&server);

        let repeated = &fixture.expected["secrets"]["idempotent_link"];
        let mut again = fixture.place.admin(&server).with_header("Idempotency-Key", "\"fixture\"");
        let again = again.post("/api/v1/urls", repeated).unwrap();
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));

        let (old, path) = find(&mut admin, "edited");
        let edit = json!({ "original_url": "https://example.com/v9" });
        let edited = admin.patch(&path, &edit).unwrap().json();
        assert_eq!(edited["revision"], old["revision"].as_u64().unwrap() + 1);
        let history = admin.get(&format!("{path}/history")).unwrap().json();
        assert_eq!(history["items"][0]["original_url"], old["original_url"]);
        let leads_to = |path| visit(&mut server.visitor(), path).1;
        assert_eq!(leads_to("/edited").as_deref(), Some("https://example.com/v9"));

        let deleted = admin.get("/api/v1/urls?status=deleted").unwrap().json();
        let restore = format!("/api/v1/urls/{}/restore", deleted["items"][0]["id"]);
        assert_eq!(admin.post(&restore, &Value::Null).unwrap().status, 200);
        assert_eq!(leads_to("/deleted").as_deref(), Some("https://example.com/deleted"));

        let (_, path) = find(&mut admin, "graces");
        assert_eq!(admin.delete(&path).unwrap().status, 204);
        assert_eq!(visit(&mut server.visitor(), "/graces"), (404, None));

        // New links get ids and codes that no link has had.
        let url = json!({ "original_url": "https://example.com/new" });
        let new = admin.post("/api/v1/urls", &url).unwrap();
        assert_eq!(new.status, 201, "{}", new.json());
        let before = answer(&fixture, "/api/v1/urls?limit=200&sort=created_at");
        let largest = list(&before["body"]["items"]).iter().map(|link| link["id"].as_u64()).max();
        assert!(largest.unwrap() < new.json()["id"].as_u64());
    })
    .await;
}

#[tokio::test]
async fn the_backup_of_the_release_verifies_and_restores() {
    for_each_engine(async |database| {
        let fixture = Fixture::new(RELEASE, database);
        succeed(&fixture.place.program.run(&["backup", "verify", "--all"]));

        let empty = database.sibling().await;
        let elsewhere = fixture.elsewhere(&empty);
        let run = elsewhere.program.run(&["backup", "restore"]);
        let told = format!(": {LINKS_IN_BACKUP} links, 1 deleted");
        assert!(succeed(&run).contains(&told), "{run:?}");

        let server = elsewhere.server().start();
        let links = elsewhere.admin(&server).get("/api/v1/urls?limit=200").unwrap().json();
        assert_eq!(list(&links["items"]).len(), LINKS_IN_BACKUP);
        let status = |path| visit(&mut server.visitor(), path).0;
        assert_eq!([status("/first"), status("/after-the-backup")], [302, 404]);
        drop(server);
        empty.drop_database().await;
    })
    .await;
}

/// The link with that code, and its path in the API.
fn find(client: &mut Client, code: &str) -> (Value, String) {
    let found = client.get(&format!("/api/v1/urls?short_code={code}")).unwrap().json();
    let path = format!("/api/v1/urls/{}", found["items"][0]["id"]);
    (found["items"][0].clone(), path)
}

/// The release's answer to `path`.
fn answer<'a>(fixture: &'a Fixture, path: &str) -> &'a Value {
    list(&fixture.expected["answers"]).iter().find(|answer| answer["path"] == path).unwrap()
}

/// The clicks of every link of a page.
fn clicks(page: &Value) -> Vec<&Value> {
    list(&page["items"]).iter().map(|link| &link["clicks"]).collect()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// The output of a command that has to succeed: one JSON value for each line.
#[track_caller]
fn lines(program: &Program, arguments: &[&str]) -> Vec<Value> {
    let run = program.run(arguments);
    succeed(&run).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn succeed(run: &Run) -> &str {
    assert_eq!(run.code, Some(0), "{run:?}");
    &run.stdout
}
