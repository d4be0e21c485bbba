//! Starts on an existing database: the right one is used, any other is refused and left unharmed.

use std::{fs, path::Path, time::Duration};

use serde_json::json;
use tempfile::TempDir;
use testkit::server::{Client, Exit, ServerCommand};

use crate::program::EXIT_REFUSED;

/// A small database of another program.
const FOREIGN_DATABASE: &[u8] = include_bytes!("fixtures/foreign.db");
const OTHER_SECRET: &str = "9c1e4f7a20b86d3558e7d4c1fa0963b2e48d75190cfb362a81d4e97f50b63c2e";
/// A refusal waits for nothing.
const REFUSAL_MAX: Duration = Duration::from_secs(20);

fn command(data_dir: &TempDir) -> ServerCommand {
    ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path())
}

/// Starts a server that has to end by itself, without creating a link.
#[track_caller]
fn refusal(command: &ServerCommand) -> String {
    let Exit { code, output } = command.spawn().wait(REFUSAL_MAX);
    assert_eq!(code, Some(EXIT_REFUSED), "{output}");
    assert!(!output.contains("panicked"), "{output}");
    let errors: Vec<&str> = output.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "one clear line: {output}");
    errors[0].to_owned()
}

/// A data directory with one link in it, and the code of the link.
fn with_link(target: &str) -> (TempDir, String) {
    let data_dir = tempfile::tempdir().unwrap();
    let server = command(&data_dir).start();
    let answer = server.client().post("/api/v1/urls", &json!({ "original_url": target })).unwrap();
    assert_eq!(answer.status, 201);
    let code = answer.json()["short_code"].as_str().unwrap().to_owned();
    server.kill();
    (data_dir, code)
}

fn target_of(visitor: &mut Client, code: &str) -> Option<String> {
    visitor.get(&format!("/{code}")).unwrap().header("location").map(str::to_owned)
}

#[test]
fn a_link_survives_kill_9_and_a_restart() {
    let (data_dir, code) = with_link("https://example.com/kept");
    let server = command(&data_dir).start();
    let target = target_of(&mut server.visitor(), &code);
    assert_eq!(target.as_deref(), Some("https://example.com/kept"));
}

#[test]
fn a_second_server_on_one_data_directory_is_refused() {
    let data_dir = tempfile::tempdir().unwrap();
    let first = command(&data_dir).start();
    let refusal = refusal(&command(&data_dir));
    assert!(refusal.contains("in use by another server"), "{refusal}");
    assert!(refusal.contains(&first.process_id().to_string()), "{refusal}");
    assert_eq!(first.visitor().get("/readyz").unwrap().status, 200, "the first goes on");
}

#[test]
fn another_secret_than_the_databases_is_refused() {
    let (data_dir, code) = with_link("https://example.com/kept");
    let refusal = refusal(&command(&data_dir).env("CURT_SECRET_KEY", OTHER_SECRET));
    assert!(refusal.contains("secret"), "{refusal}");
    assert!(!refusal.contains(OTHER_SECRET), "{refusal}");

    let server = command(&data_dir).start();
    let target = target_of(&mut server.visitor(), &code);
    assert_eq!(target.as_deref(), Some("https://example.com/kept"), "unharmed");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let data_dir = tempfile::tempdir().unwrap();
    let path = data_dir.path().join("curt.db");
    fs::write(&path, FOREIGN_DATABASE).unwrap();
    let refusal = refusal(&command(&data_dir));
    assert_names(&refusal, &path);
    assert_eq!(fs::read(&path).unwrap(), FOREIGN_DATABASE);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let data_dir = tempfile::tempdir().unwrap();
    let path = data_dir.path().join("curt.db");
    let text = "this was a text file before somebody named it curt.db\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let refusal = refusal(&command(&data_dir));
    assert_names(&refusal, &path);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_in_a_directory_that_is_not_there_is_refused() {
    let data_dir = tempfile::tempdir().unwrap();
    let path = data_dir.path().join("absent/curt.db");
    let url = format!("sqlite:{}", path.display());
    assert_names(&refusal(&command(&data_dir).env("CURT_DATABASE_URL", url)), &path);
}

#[track_caller]
fn assert_names(refusal: &str, path: &Path) {
    assert!(refusal.contains(&path.display().to_string()), "{refusal}");
}
