use std::{ffi::OsStr, fs, process::Command};

use tokio_util::sync::CancellationToken;
use url::Url;

use super::*;

const PASSWORD: &str = "p@ss/wörd";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn variable<'c>(command: &'c Command, name: &str) -> Option<&'c str> {
    let (_, value) = command.get_envs().find(|(variable, _)| *variable == OsStr::new(name))?;
    value?.to_str()
}

fn arguments(command: &Command) -> Vec<&str> {
    command.get_args().map(|argument| argument.to_str().unwrap()).collect()
}

#[test]
fn log_02_postgres_is_told_its_password_by_the_environment_alone() {
    let url = url(
        "postgres://us%40er:p%40ss%2Fw%C3%B6rd@[::1]:5433/li%20nks?sslmode=verify-full&sslcert=/c.pem",
    );
    for command in [postgres::dump(&url), postgres::load(&url, Path::new("/a.pgdump"))] {
        assert_eq!(variable(&command, "PGPASSWORD"), Some(PASSWORD));
        assert_eq!(variable(&command, "PGUSER"), Some("us@er"));
        assert_eq!(variable(&command, "PGHOST"), Some("::1"));
        assert_eq!(variable(&command, "PGPORT"), Some("5433"));
        assert_eq!(variable(&command, "PGDATABASE"), Some("li nks"));
        assert_eq!(variable(&command, "PGSSLMODE"), Some("verify-full"));
        assert_eq!(variable(&command, "PGSSLCERT"), Some("/c.pem"));
        assert_eq!(variable(&command, "PGSSLROOTCERT"), Some("system"));
        let arguments = arguments(&command).concat();
        assert!(!arguments.contains(PASSWORD) && !arguments.contains("p%40ss"), "{arguments}");
    }
}

#[test]
fn a_unix_socket_is_a_host_for_postgres() {
    let command = postgres::dump(&url("postgres://%2Frun%2Fpostgresql/curt"));
    assert_eq!(variable(&command, "PGHOST"), Some("/run/postgresql"));
    assert_eq!(variable(&command, "PGUSER"), None);
    assert_eq!(variable(&command, "PGPASSWORD"), None);
}

#[test]
fn log_02_mysql_is_told_its_password_by_the_environment_alone() {
    let url = url("mysql://us%40er:p%40ss%2Fw%C3%B6rd@localhost:3307/links?ssl-ca=/ca.pem");
    for command in [mysql::dump(&url).unwrap(), mysql::load(&url).unwrap()] {
        assert_eq!(variable(&command, "MYSQL_PWD"), Some(PASSWORD));
        let arguments = arguments(&command);
        assert_eq!(arguments[0], "--no-defaults", "it must be the first");
        for argument in ["--protocol=TCP", "--user=us@er", "--port=3307", "--ssl-ca=/ca.pem"] {
            assert!(arguments.contains(&argument), "{argument} is not among {arguments:?}");
        }
        let arguments = arguments.concat();
        assert!(!arguments.contains(PASSWORD) && !arguments.contains("p%40ss"), "{arguments}");
    }
}

#[test]
fn a_script_that_lacks_its_end_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dump.sql");
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    for (text, is_whole) in [
        ("", false),
        ("-- MariaDB dump\ninsert into links", false),
        ("-- MariaDB dump\n-- Dump completed\ninsert into links values ('x')", true),
        ("-- MariaDB dump\n-- Dump completed on 2026-11-22\n", true),
    ] {
        fs::write(&path, text).unwrap();
        assert_eq!(Tools::MySql.check(&path, &guard).is_ok(), is_whole, "{text}");
    }
    let buried = format!("-- Dump completed\n{}", "x".repeat(1_000));
    fs::write(&path, buried).unwrap();
    assert!(Tools::MySql.check(&path, &guard).is_err(), "the words stand inside");
}
