//! `curt users` and `curt keys`, and the link that makes the first administrator.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::server::{Client, Server, ServerCommand};

use crate::program::{Program, Run};

const PASSWORD: &str = "four words nobody guesses";
const NOT_FOUND: i32 = 3;
const REJECTED: i32 = 4;

/// Runs a command with the password on standard input.
fn typing(program: &Program, password: &str, arguments: &[&str]) -> Run {
    program.run_with_input(arguments, password.as_bytes())
}

fn with_ada() -> Program {
    let program = Program::new().with_env("USER", "operator");
    let line = format!("{PASSWORD}\n");
    let added = typing(&program, &line, &["users", "add", "--admin", "ada@example.com"]);
    let words = "made ada@example.com (administrator, id 1)\n";
    assert_eq!(added.told(), (Some(0), words, ""));
    program
}

#[test]
fn users_are_made_found_and_changed() {
    let program = with_ada();
    let again = typing(&program, PASSWORD, &["users", "add", "ADA@example.com"]);
    let words = "error: there is an account with this address already\n";
    assert_eq!(again.told(), (Some(REJECTED), "", words));
    let weak = typing(&program, "password1234\n", &["users", "add", "grace@example.com"]);
    assert_eq!(weak.told(), (Some(REJECTED), "", "error: --password is easy to guess\n"));
    let empty = typing(&program, "\n", &["users", "add", "grace@example.com"]);
    assert_eq!(empty.code, Some(2), "{empty:?}");
    typing(&program, PASSWORD, &["users", "add", "--name=Grace Hopper", "grace@example.com"]);

    let list = program.run(&["users", "list", "--json"]);
    let users: Vec<Value> =
        list.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(users.len(), 2);
    assert_eq!(users[1]["full_name"], "Grace Hopper");
    assert!(!list.stdout.contains("argon2"), "{}", list.stdout);
    let grace = users[1]["id"].to_string();
    for (arguments, words) in [
        (&["users", "disable", "grace@example.com"][..], "grace@example.com is disabled now\n"),
        (&["users", "enable", &grace], "grace@example.com is active now\n"),
        (
            &["users", "role", "Grace@Example.com", "administrator"],
            "grace@example.com is administrator now\n",
        ),
        (&["users", "delete", "1", "--links-to", "grace@example.com"], "deleted ada@example.com\n"),
    ] {
        assert_eq!(program.run(arguments).told(), (Some(0), words, ""), "{arguments:?}");
    }
    let refused = program.run(&["users", "disable", "grace@example.com"]);
    assert_eq!(refused.code, Some(REJECTED), "{refused:?}");
    let nobody = program.run(&["users", "show", "ada@example.com"]);
    let words = "error: there is no user ada@example.com\n";
    assert_eq!(nobody.told(), (Some(NOT_FOUND), "", words));
}

#[test]
fn links_are_listed_by_their_owner() {
    let program = with_ada();
    let add = ["keys", "add", "--user=1", "--scope=links:write"];
    let key = program.run(&add).stdout.trim().to_owned();
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), program.path("data")).start();
    let link = json!({ "original_url": "https://example.com/", "custom_alias": "adas" });
    assert_eq!(server.visitor().with_key(&key).post("/api/v1/urls", &link).unwrap().status, 201);
    program.run(&["links", "add", "https://example.com/", "--alias=nobodys"]);
    for owner in ["ada@example.com", "1"] {
        let list = program.run(&["links", "list", "--json", "--owner", owner]);
        assert_eq!(list.stdout.lines().count(), 1, "{list:?}");
        assert!(list.stdout.contains("\"adas\""), "{list:?}");
    }
    let exported = program.run(&["links", "export", "--owner=1"]);
    assert_eq!(exported.stdout.lines().count(), 2, "{exported:?}");
    let nobody = program.run(&["links", "list", "--owner=eve@example.com"]);
    assert_eq!(nobody.code, Some(NOT_FOUND), "{nobody:?}");
}

#[test]
fn keys_open_what_their_scopes_name_until_they_are_revoked() {
    let program = with_ada();
    let add = ["keys", "add", "--user=ada@example.com", "--scope=links:read", "--name=test"];
    let added = program.run(&add);
    assert_eq!(added.code, Some(0), "{added:?}");
    let key = added.stdout.trim().to_owned();
    assert!(key.starts_with("curt_") && key.len() == 54, "{key}");
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), program.path("data")).start();
    let mut client = server.visitor().with_key(&key);
    assert_eq!(client.get("/api/v1/urls").unwrap().status, 200);
    let link = json!({ "original_url": "https://example.com/" });
    assert_eq!(client.post("/api/v1/urls", &link).unwrap().status, 403);
    let list = program.run(&["keys", "list", "--user=1", "--json"]);
    assert!(!list.stdout.contains(&key[9..]), "{}", list.stdout);
    let id = serde_json::from_str::<Value>(&list.stdout).unwrap()["id"].to_string();
    let revoked = program.run(&["keys", "revoke", &id]);
    assert_eq!(revoked.told(), (Some(0), format!("revoked {id}\n").as_str(), ""));
    assert_eq!(client.get("/api/v1/urls").unwrap().status, 401);

    let log = server.client().get("/api/v1/admin/audit").unwrap().json();
    let row = &log["items"][0];
    assert_eq!(
        (row["action"].as_str(), row["author"]["name"].as_str()),
        (Some("key.delete"), Some("operator"))
    );
}

#[test]
fn setup_01_the_first_start_leaves_a_link_that_only_its_user_reads() {
    let data_dir = tempfile::tempdir().unwrap();
    let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path());
    let file = data_dir.path().join("admin-setup.url");
    let server = command.start();
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    server.kill();
    let server = command.start();
    let link = fs::read_to_string(&file).unwrap();
    assert_ne!(link, first, "each start makes its own");
    let bootstrap = |link: &str| {
        let (place, token) = link.trim().split_once('#').unwrap();
        assert!(place.ends_with("/-/setup"), "{place}");
        let body = json!({ "token": token, "email": "ada@example.com", "password": PASSWORD });
        server.visitor().post("/api/v1/auth/bootstrap", &body).unwrap().status
    };
    assert_eq!(bootstrap(&first), 404);
    assert_eq!(bootstrap(&link), 201);
    assert_eq!(bootstrap(&link), 404);
    server.kill();
    let _server = command.start();
    assert!(!file.exists(), "there is an administrator");
}

/// With this limit a server waits at least as long as its housekeeping interval.
const HOUSEKEEPING_TIME_MAX: Duration = Duration::from_mins(3);

/// Links of the administrator's key and links without an owner, made before there was an
/// administrator.
fn server_with_links(data_dir: &Path) -> Server {
    let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir);
    let server = command.env("CURT_LINKS__ANONYMOUS_CREATE", "true").start();
    for (mut client, alias) in [(server.client(), "by-key"), (server.visitor(), "by-nobody")] {
        let link = json!({ "original_url": "https://example.com/", "custom_alias": alias });
        assert_eq!(client.post("/api/v1/urls", &link).unwrap().status, 201);
    }
    server
}

/// Polls until both links are Ada's: the change of owner happens in the background.
fn assert_all_become_adas(server: &Server) {
    let log_in = json!({ "email": "ada@example.com", "password": PASSWORD });
    let tokens = server.visitor().post("/api/v1/auth/login", &log_in).unwrap();
    assert_eq!(tokens.status, 200);
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let mut ada = server.visitor().with_key(&token);
    let id = ada.get("/api/v1/auth/me").unwrap().json()["id"].clone();
    let path = format!("/api/v1/urls?owner={id}&sort=created_at");
    let codes = |client: &mut Client| {
        let items = client.get(&path).unwrap().json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["short_code"].clone()).collect::<Vec<_>>()
    };
    let (mut admin, start) = (server.client(), Instant::now());
    while codes(&mut admin).len() < 2 {
        assert!(start.elapsed() < HOUSEKEEPING_TIME_MAX, "{}", server.output());
    }
    assert_eq!(codes(&mut ada), ["by-key", "by-nobody"]);
}

#[test]
fn links_of_before_become_those_of_the_first_administrator_of_the_command_line() {
    let program = Program::new().with_env("USER", "operator");
    let server = server_with_links(&program.path("data"));
    let add = ["users", "add", "--admin", "ada@example.com"];
    assert_eq!(typing(&program, PASSWORD, &add).code, Some(0));
    // A server starts with its housekeeping.
    server.kill();
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), program.path("data")).start();
    assert_all_become_adas(&server);
}

#[test]
fn links_of_before_become_those_of_the_first_administrator_of_the_one_time_link() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = server_with_links(data_dir.path());
    let link = fs::read_to_string(data_dir.path().join("admin-setup.url")).unwrap();
    let token = link.trim().split_once('#').unwrap().1;
    let body = json!({ "token": token, "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(server.visitor().post("/api/v1/auth/bootstrap", &body).unwrap().status, 201);
    server.kill();
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path()).start();
    assert_all_become_adas(&server);
}
