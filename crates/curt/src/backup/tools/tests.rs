use std::{ffi::OsStr, fs};

use tokio_util::sync::CancellationToken;

use super::{super::guard::Stop, *};

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
fn tools_see_nothing_of_our_environment() {
    let command = command("true");
    let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    assert!(names.iter().all(|name| ["PATH", "HOME", "LC_ALL"].iter().any(|kept| name == kept)));
}

#[test]
fn a_tool_that_is_missing_is_named_with_its_package() {
    let error = run(&mut command("pg_no-such-tool")).unwrap_err().to_string();
    let expected =
        "pg_no-such-tool is not installed; on Debian it is in the package postgresql-client";
    assert_eq!(error, expected);
    let error = run(&mut command("no-such-tool")).unwrap_err().to_string();
    assert!(error.contains("mariadb-client"), "{error}");
}

#[test]
fn what_a_tool_complains_about_is_passed_on() {
    let mut failing = command("sh");
    failing.args(["-c", "echo 'out of\n\n luck' >&2; exit 3"]);
    let error = run(&mut failing).unwrap_err().to_string();
    assert_eq!(error, "sh failed (exit status: 3): out of luck");
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

/// A tool that says a word and then hangs, for longer than any test may take.
fn hanging() -> Command {
    let mut command = command("sh");
    command.args(["-c", "echo beginning; exec sleep 600"]);
    command
}

#[test]
fn a_tool_that_falls_silent_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut heard = Vec::new();
    let ended = run_watched(&mut hanging(), &guard, Duration::from_millis(300), |chunk| {
        heard.extend_from_slice(chunk);
        Ok(())
    });
    let error = format!("{:#}", ended.unwrap_err());
    assert_eq!(error, "running sh: it wrote nothing for 300ms and was ended");
    assert_eq!(heard, b"beginning\n");
}

#[test]
fn a_tool_that_closes_its_output_and_stays_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut staying = command("sh");
    staying.args(["-c", "exec sleep 600 >&-"]);
    let ended = run_watched(&mut staying, &guard, Duration::from_millis(300), |_| Ok(()));
    assert!(format!("{:#}", ended.unwrap_err()).ends_with("for 300ms and was ended"));
}

#[test]
fn a_server_can_stop_while_a_tool_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let cancelled = CancellationToken::new();
    let guard = Guard::new(directory.path(), None, cancelled.clone());
    let ended = run_watched(&mut hanging(), &guard, SILENCE_MAX, |_| {
        cancelled.cancel();
        Ok(())
    });
    let stop = ended.unwrap_err();
    assert!(matches!(stop.downcast_ref(), Some(Stop::Cancelled)), "{stop:#}");
}

#[test]
fn what_a_tool_wrote_before_it_failed_does_not_hide_why() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut failing = command("sh");
    failing.args(["-c", "echo half; echo 'no luck' >&2; exit 3"]);
    let error = run_watched(&mut failing, &guard, SILENCE_MAX, |_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "sh failed (exit status: 3): no luck");
}
