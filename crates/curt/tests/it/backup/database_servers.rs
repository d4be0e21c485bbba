//! Backups of PostgreSQL and MariaDB, with the tools of these servers.

use std::fs;

use serde_json::json;
use testkit::{
    databases::{TestDatabase, for_each_server},
    server::ServerCommand,
};

use super::{BINARY, EXIT_NOT_FOUND, create, follow_all, listed, newest, succeed};
use crate::program::{EXIT_REFUSED, Program};

const SECRET: &str = "5b0e9d6a47c2f1838e7da95c06b4e2f1739c8d50a6e4b21f08c3d7f5e96a1b42";

fn program_on(database: &TestDatabase) -> Program {
    let path = std::env::var("PATH").unwrap();
    Program::new()
        .with_env("CURT_DATABASE_URL", &database.url())
        .with_env("CURT_SECRET_KEY", SECRET)
        .with_env("PATH", &path)
}

fn server_on(program: &Program, database: &TestDatabase) -> ServerCommand {
    ServerCommand::new(BINARY, program.path("data"))
        .env("CURT_DATABASE_URL", database.url())
        .env("CURT_SECRET_KEY", SECRET)
}

#[tokio::test]
async fn f18_a_dump_brings_everything_back_into_an_empty_database() {
    for_each_server(async |database| {
        let program = program_on(database);
        let server = server_on(&program, database).start();
        let mut client = server.client();
        let links: Vec<_> = (0..20).map(|number| create(&mut client, number)).collect();
        // Values that wrong quoting would break.
        let odd = json!({
            "original_url": "https://example.com/odd", "custom_alias": "Odd-1",
            "title": "It's \\ \"ödd\" 😀 -- ;", "tags": ["ä"], "max_clicks": 5,
        });
        assert_eq!(client.post("/api/v1/urls", &odd).unwrap().status, 201);
        let show = |client: &mut testkit::server::Client| {
            let mut found = client.get("/api/v1/urls?tag=%C3%A4").unwrap().json()["items"].clone();
            // It contains the server's port.
            found[0].as_object_mut().unwrap().remove("short_url");
            found
        };
        let expected = show(&mut client);
        succeed(&program.run(&["backup", "create"]));

        assert_eq!(program.run(&["backup", "restore"]).code, Some(EXIT_REFUSED), "it is in use");
        drop(server);
        let run = program.run(&["backup", "restore"]);
        assert!(run.errors().contains("is not empty; restore into a new database"), "{run:?}");

        let empty = database.sibling().await;
        let elsewhere = Program::new()
            .with_env("CURT_DATABASE_URL", &empty.url())
            .with_env("CURT_SECRET_KEY", SECRET)
            .with_env("PATH", &std::env::var("PATH").unwrap());
        let file = newest(&program);
        let run = elsewhere.run(&["backup", "restore", file.to_str().unwrap()]);
        assert!(succeed(&run).contains(": 21 links, 0 deleted"), "{run:?}");
        let server = server_on(&elsewhere, &empty).start();
        assert_eq!(show(&mut server.client()), expected);
        follow_all(&server, &links);
        drop(server);
        empty.drop_database().await;
    })
    .await;
}

#[tokio::test]
async fn f18_a_damaged_dump_is_noticed_before_anything_is_loaded() {
    for_each_server(async |database| {
        let program = program_on(database);
        succeed(&program.run(&["db", "migrate"]));
        succeed(&program.run(&["backup", "create"]));
        succeed(&program.run(&["backup", "verify"]));
        let path = newest(&program);
        let whole = fs::read(&path).unwrap();

        let mut tampered = whole.clone();
        let middle = tampered.len() / 2;
        tampered[middle] ^= 1;
        for bytes in [&tampered[..], &whole[..whole.len() - 1]] {
            fs::write(&path, bytes).unwrap();
            let run = program.run(&["backup", "verify"]);
            assert_eq!(run.code, Some(1), "{run:?}");
        }
        // Without the manifest only the tool can detect the damage.
        fs::write(program.path("mailed"), &whole[..whole.len() / 2]).unwrap();
        let run = program.run(&["backup", "verify", "mailed"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        fs::write(program.path("mailed"), &whole).unwrap();
        succeed(&program.run(&["backup", "verify", "mailed"]));
    })
    .await;
}

#[tokio::test]
async fn without_the_tool_the_package_is_named() {
    for_each_server(async |database| {
        let program = program_on(database).with_env("PATH", "/nowhere");
        succeed(&program.run(&["db", "migrate"]));
        let run = program.run(&["backup", "create"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.errors().contains("is not installed; on Debian"), "{run:?}");
        assert!(listed(&program).is_empty());
        assert_eq!(program.run(&["backup", "restore"]).code, Some(EXIT_NOT_FOUND));
    })
    .await;
}

#[tokio::test]
async fn servers_make_backups_of_database_servers_only_when_told() {
    for_each_server(async |database| {
        let program = program_on(database);
        let config = program.run(&["config"]).stdout;
        let line = config.lines().find(|line| line.starts_with("backup.interval")).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some("off"));
        let server = server_on(&program, database).without_env("CURT_BACKUP__INTERVAL").start();
        let health = server.visitor().get("/api/v1/health").unwrap().json();
        assert_eq!(health["backup"], json!(null));
    })
    .await;
}
