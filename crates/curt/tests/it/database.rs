//! `curt db`: the tables of the database, with and without a server running.

use std::{fs::File, os::unix::fs::FileExt as _};

use crate::program::Program;

/// SQLite's default; a page of zeros belongs to no table and no index.
const PAGE: [u8; 4096] = [0; 4096];

#[test]
fn migrations_are_applied_once_and_listed() {
    let program = Program::new();
    let before = program.run(&["db", "status"]);
    assert_eq!(before.code, Some(1));
    assert_eq!(before.errors(), "error: ./data/curt.db does not exist yet");
    assert!(!program.path("data").exists(), "asking changes nothing");

    let first = program.run(&["db", "migrate"]);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    assert!(first.stdout.starts_with("applied 0001_"), "{}", first.stdout);
    assert_eq!(program.run(&["db", "migrate"]).stdout, "nothing to do\n");

    let status = program.run(&["db", "status"]).stdout;
    let (header, migrations) = status.split_once('\n').unwrap();
    assert!(header.starts_with("MIGRATION"), "{header}");
    assert_eq!(migrations.lines().count(), first.stdout.lines().count());
    assert!(migrations.lines().all(|line| line.contains("  applied  20")), "{status}");
    let json = program.run(&["db", "status", "--json"]).stdout;
    assert_eq!(json.lines().count(), first.stdout.lines().count());
    assert!(json.lines().all(|line| line.contains(r#""state":"applied""#)), "{json}");
}

#[test]
fn damage_is_found() {
    let program = Program::new();
    assert_eq!(program.run(&["db", "check"]).code, Some(1), "there is nothing to check yet");
    program.run(&["db", "migrate"]);
    let sound = program.run(&["db", "check"]);
    assert_eq!((sound.code, sound.stdout.as_str()), (Some(0), "sqlite:./data/curt.db is sound\n"));

    let file = File::options().write(true).open(program.path("data/curt.db")).unwrap();
    let last_page = file.metadata().unwrap().len() - PAGE.len() as u64;
    file.write_all_at(&PAGE, last_page).unwrap();
    let damaged = program.run(&["db", "check"]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    assert!(damaged.stderr.contains("sqlite:./data/curt.db is damaged"), "{damaged:?}");
    let damaged = program.run(&["db", "check", "--json"]);
    assert_eq!(damaged.code, Some(1));
    assert!(damaged.stdout.contains(r#""sound":false"#), "{damaged:?}");
}

#[test]
fn a_running_server_does_not_keep_commands_out() {
    let program = Program::new();
    program.serve_until_ready();
    let server = File::open(program.path("data/lock")).unwrap();
    server.try_lock().unwrap();
    assert_eq!(program.run(&["db", "migrate"]).stdout, "nothing to do\n");
    assert_eq!(program.run(&["serve"]).code, Some(78));
}

#[test]
fn a_database_server_that_cannot_be_reached_is_a_failure_and_not_a_refusal() {
    let program =
        Program::new().with_env("CURT_DATABASE_URL", "postgres://curt:fJ4mLq@127.0.0.1:1/curt");
    let run = program.run(&["db", "migrate"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let expected = "error: database postgres://127.0.0.1:1/curt: connecting to the database";
    assert!(run.errors().starts_with(expected), "{run:?}");
    assert!(!run.stderr.contains("fJ4mLq"));
}
