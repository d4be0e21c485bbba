//! Keys: made once, kept private, checked when supplied, never shown (P6).

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::program::{Program, READY, repository};

const SECRET: &str = "9f3c1b7e52d804a6e1f05b9c8d2a7346c0be91d3f7482a65b13ec97d0846f2aa";
const ADMIN: &str = "ck4-Tz8rQw1LmVx9pYd3HbN6sFj2KgR7uEa5oCi0";

#[test]
fn keys_are_made_on_the_first_start_for_their_owner_alone() {
    let program = Program::new();
    let log = program.serve_until_ready();
    let read = |name: &str| fs::read_to_string(program.path(name)).unwrap();
    let (secret, admin) = (read("data/secret.key"), read("data/admin.key"));
    for (name, mode) in [("data", 0o700), ("data/secret.key", 0o600), ("data/admin.key", 0o600)] {
        let permissions = fs::metadata(program.path(name)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{name}");
    }
    assert_eq!(secret.trim().len(), 64);
    assert!(admin.starts_with("curt_admin_") && 40 <= admin.trim().len());
    // A log is kept and shipped, so it holds only the path.
    assert!(log.contains("data/admin.key"), "{log}");
    assert!(!log.contains(secret.trim()) && !log.contains(admin.trim()));

    let second_log = program.serve_until_ready();
    assert_eq!((read("data/secret.key"), read("data/admin.key")), (secret, admin));
    assert!(!second_log.contains("admin.key"), "{second_log}");
}

#[test]
fn a_new_admin_key_is_shown_to_a_terminal() {
    let program = Program::new();
    let shown = serve_on_terminal(&program);
    let admin = fs::read_to_string(program.path("data/admin.key")).unwrap();
    assert!(shown.contains(admin.trim()), "{shown}");
    let secret = fs::read_to_string(program.path("data/secret.key")).unwrap();
    assert!(!shown.contains(secret.trim()));
    assert!(!serve_on_terminal(&program).contains(admin.trim()), "once is enough");
}

/// What a user at a terminal sees until the server is ready.
fn serve_on_terminal(program: &Program) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = File::options().write(true).open(name.to_str().unwrap()).unwrap();
    let arguments = ["serve", "--listen=127.0.0.1:0", "--set=metrics.listen=off"];
    let mut server = program.command(&arguments).stderr(Stdio::from(terminal)).spawn().unwrap();
    let mut controller = File::from(controller);
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&shown).contains(READY) {
        let read = controller.read(&mut buffer).unwrap();
        shown.extend_from_slice(&buffer[..read]);
    }
    server.kill().unwrap();
    server.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn supplied_keys_are_used_and_not_written_down() {
    let by_value =
        Program::new().with_env("CURT_SECRET_KEY", SECRET).with_env("CURT_ADMIN_KEY", ADMIN);
    let by_file = Program::new()
        .with_file("secret", SECRET)
        .with_file("admin", ADMIN)
        .with_env("CURT_SECRET_KEY_FILE", "secret")
        .with_env("CURT_ADMIN_KEY_FILE", "admin");
    for program in [by_value, by_file] {
        program.serve_until_ready();
        assert!(!program.path("data/secret.key").exists());
        assert!(!program.path("data/admin.key").exists());
    }
}

#[test]
fn boot_01_weak_keys_are_refused() {
    let zeros = "0".repeat(64);
    for (name, value, why) in [
        ("CURT_SECRET_KEY", "", "is empty"),
        ("CURT_SECRET_KEY", "changeme", "has 6 bytes, at least 32 are needed"),
        ("CURT_SECRET_KEY", "correct horse battery staple", "is neither hex nor base64"),
        ("CURT_SECRET_KEY", &SECRET[..62], "has 31 bytes, at least 32 are needed"),
        ("CURT_SECRET_KEY", &zeros, "is a pattern, not random"),
        ("CURT_ADMIN_KEY", "letmein", "has 7 characters, at least 40 are needed"),
        ("CURT_ADMIN_KEY", &zeros, "is a pattern, not random"),
        (
            "CURT_ADMIN_KEY",
            "my-supersecret-admin-key-for-this-server-2026",
            "contains a well-known word or example value",
        ),
    ] {
        let refusal = Program::new().with_env(name, value).refusal(&["serve"]);
        let key = name.trim_start_matches("CURT_").to_ascii_lowercase();
        assert!(refusal.starts_with(&format!("error: {key} ({name}): {why}")), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
        assert!(value.is_empty() || !refusal.contains(value), "{refusal}");
    }
}

#[test]
fn boot_01_key_files_that_others_can_read_are_refused() {
    for (setting, name, text) in
        [("CURT_SECRET_KEY_FILE", "secret", SECRET), ("CURT_ADMIN_KEY_FILE", "admin", ADMIN)]
    {
        let program = Program::new().with_file(name, text).with_env(setting, name);
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(program.path(name), mode).unwrap();
        let refusal = program.refusal(&["serve"]);
        assert!(refusal.contains("can be read by others (mode 0644); chmod 600 it"), "{refusal}");
        assert!(!refusal.contains(text));
    }
}

#[test]
fn boot_01_generated_keys_that_others_can_read_are_refused() {
    let program = Program::new();
    program.serve_until_ready();
    let path = program.path("data/admin.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let refusal = program.refusal(&["serve"]);
    assert!(refusal.contains("data/admin.key: can be read by others (mode 0604)"), "{refusal}");
}

/// A user who copies a command from our documents must not get a key that everyone knows.
#[test]
fn boot_01_example_keys_of_the_documents_are_refused() {
    let mut documents = vec![repository().join("README.md")];
    for folder in ["docs", "deploy"] {
        let Ok(entries) = fs::read_dir(repository().join(folder)) else { continue };
        documents.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    let texts: Vec<_> = documents.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert!(texts.iter().any(|text| text.contains("CURT_SECRET_KEY")), "the manual is read");
    let is_key = |word: &&str| 40 <= word.len();
    let separator = |c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    for word in texts.iter().flat_map(|text| text.split(separator)).filter(is_key) {
        for name in ["CURT_SECRET_KEY", "CURT_ADMIN_KEY"] {
            Program::new().with_env(name, word).refusal(&["config", "--check"]);
        }
    }
}

#[test]
fn log_02_secrets_are_never_printed() {
    let program = Program::new()
        .with_env("CURT_SECRET_KEY", SECRET)
        .with_env("CURT_ADMIN_KEY", ADMIN)
        .with_env("CURT_LOG__LEVEL", "trace");
    let mut output = program.serve_until_ready();
    let unreachable = "postgres://curt:fJ4mLqcanary@localhost:1/curt";
    let program = program.with_env("CURT_DATABASE_URL", unreachable);
    let unknown = format!("--set=adminkey={ADMIN}");
    let flag = format!("--set=admin_key={ADMIN}");
    for arguments in [
        &["serve", "--listen=127.0.0.1:0"][..],
        &["db", "migrate"],
        &["config"],
        &["config", "--json"],
        &["config", "--check"],
        &["config", &unknown],
        &["config", &flag],
        &["config", "--set", ADMIN],
        &["config", "--set=codes.length=99"],
        &["config", "--set=database_url=postgres//curt:fJ4mLqcanary@db"],
        &["config", "--set=database_url=postgres://fJ4mLqcanary:fJ4mLqcanary@db/curt"],
        &["config", "--help"],
    ] {
        let run = program.run(arguments);
        output.extend([run.stdout, run.stderr]);
    }
    assert!(output.contains("(set)") && output.contains("curt:***@localhost"), "{output}");
    for secret in [SECRET, ADMIN, "fJ4mLqcanary"] {
        assert!(!output.contains(secret), "{secret} in {output}");
    }
}

#[test]
fn log_02_a_secret_in_place_of_its_file_is_never_printed() {
    for (name, value) in [("CURT_SECRET_KEY_FILE", SECRET), ("CURT_ADMIN_KEY_FILE", ADMIN)] {
        let refusal = Program::new().with_env(name, value).refusal(&["serve"]);
        assert!(
            refusal.ends_with(&format!("_key_file = \"(set)\" ({name}): not found")),
            "{refusal}"
        );
    }
    // A path is shown, because it may be mistyped.
    let refusal = Program::new().with_env("CURT_ADMIN_KEY_FILE", "admni").refusal(&["serve"]);
    assert!(refusal.contains("admin_key_file = \"admni\""), "{refusal}");
}

#[test]
fn log_02_secrets_in_a_broken_file_are_never_printed() {
    for text in [
        format!("admin_key = {ADMIN}"),
        format!("admin_key = '{ADMIN}"),
        format!("admin_key = '{ADMIN}'\nadmin_key = '{ADMIN}'"),
        format!("adminkey = '{ADMIN}'"),
        format!("admin_key = ['{ADMIN}']"),
        format!("[admin_key]\nvalue = '{ADMIN}'"),
        format!("listen = '{ADMIN}\n"),
    ] {
        let refusal = Program::new().with_file("curt.toml", &text).refusal(&["config"]);
        assert!(refusal.contains("curt.toml:"), "{refusal}");
        assert!(!refusal.contains(ADMIN), "{refusal}");
    }
}
