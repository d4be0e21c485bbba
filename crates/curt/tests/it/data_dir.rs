//! The data directory: refused with one clear line unless it is writable and private to this user.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, chown},
    process::Command,
};

use crate::program::{EXIT_REFUSED, Program, Run};

const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn with_data_dir(mode: u32) -> Program {
    let program = Program::new();
    fs::create_dir(program.path("data")).unwrap();
    fs::set_permissions(program.path("data"), fs::Permissions::from_mode(mode)).unwrap();
    program
}

#[test]
fn a_second_server_is_refused_and_told_who_is_first() {
    let program = with_data_dir(0o700);
    let mut first = File::create(program.path("data/lock")).unwrap();
    first.write_all(b"4711\n").unwrap();
    first.try_lock().unwrap();
    assert_eq!(
        program.refusal(&["serve"]),
        "error: data directory ./data: is in use by another server, process 4711"
    );
    drop(first);
    program.serve_until_ready();
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    assert_eq!(
        with_data_dir(0o777).refusal(&["serve"]),
        "error: data directory ./data: can be written by others (mode 0777); chmod 700 it"
    );
}

#[test]
fn a_journal_that_others_can_write_is_refused() {
    let program = with_data_dir(0o700);
    let journal = program.path("data/journal");
    fs::create_dir(&journal).unwrap();
    fs::set_permissions(&journal, fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(
        program.refusal(&["serve"]),
        "error: the journal's directory ./data/journal can be written by others (mode 0770); chmod \
         700 it"
    );
}

#[test]
fn a_file_in_its_place_is_refused() {
    let program = Program::new().with_file("data", "");
    let refusal = program.refusal(&["serve"]);
    assert_eq!(refusal, "error: data directory ./data: is not a directory");
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let program = with_data_dir(0o700);
    // Without root no file can be given away, but the root directory belongs to another user.
    let path = if is_root() {
        chown(program.path("data"), Some(NOBODY), None).unwrap();
        "./data"
    } else {
        "/"
    };
    let refusal = program.refusal(&["serve", "--data-dir", path]);
    let expected = format!("error: data directory {path}: belongs to another user (uid ");
    assert!(refusal.starts_with(&expected), "{refusal}");
}

#[test]
fn a_directory_without_write_permission_is_refused() {
    let program = with_data_dir(0o500);
    if is_root() {
        // Permissions do not stop root; a read-only mount does.
        let run = serve_on_read_only_mount(&program);
        assert_eq!(run.code, Some(EXIT_REFUSED), "{run:?}");
        let expected = "lies on a file system that is mounted read-only";
        assert!(run.errors().ends_with(expected), "{run:?}");
    } else {
        let refusal = program.refusal(&["serve"]);
        let expected = "error: data directory ./data: is not writable (mode 0500); chmod 700 it";
        assert_eq!(refusal, expected);
    }
    assert_eq!(fs::read_dir(program.path("data")).unwrap().count(), 0);
}

/// In a mount namespace; if containers forbid that, `/sys` is read-only instead.
fn serve_on_read_only_mount(program: &Program) -> Run {
    const SCRIPT: &str =
        "mount --bind data data && mount -o remount,bind,ro data && exec \"$0\" serve";
    let may_mount = Command::new("unshare").args(["--mount", "true"]).output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        return program.run(&["serve", "--data-dir", "/sys/kernel"]);
    }
    let arguments = ["--mount", "/bin/sh", "-c", SCRIPT, env!("CARGO_BIN_EXE_curt")];
    let mut command = program.prepare(Command::new("unshare"), &arguments);
    Run::from(command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap())
}
