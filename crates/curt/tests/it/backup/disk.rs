//! Disks that are full, or that fail in the middle of a write (F5, F17).

use std::{fs, process::Command, time::Instant};

use testkit::server::ServerCommand;

use super::{BINARY, create, listed, newest, server_command, succeed};
use crate::{
    disk_full::{SmallDisk, on_small_disk},
    program::{Program, Run},
};

/// Less than a database with its tables.
const FILE_SIZE_KIB_MAX: &str = "64";

#[test]
fn f17_a_write_that_fails_in_the_middle_keeps_the_old_backups() {
    let (program, _) = super::with_backup(5);
    let old = newest(&program);
    let before = fs::read(&old).unwrap();
    // An ignored signal becomes an error of the write, as if the disk had filled up.
    let script = "trap '' XFSZ; ulimit -f $1; exec \"$2\" backup create";
    let mut shell =
        program.prepare(Command::new("bash"), &["-c", script, "bash", FILE_SIZE_KIB_MAX]);
    let run = Run::from(shell.arg(BINARY).env("PATH", "/usr/bin:/bin").output().unwrap());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.errors().contains("copying the SQLite database failed"), "{run:?}");

    assert_eq!(listed(&program).len(), 1);
    assert_eq!(fs::read(&old).unwrap(), before);
    let names = fs::read_dir(program.path("data/backups")).unwrap();
    assert_eq!(names.count(), 3, "the old one, its manifest and the lock");
    succeed(&program.run(&["backup", "create"]));
}

#[test]
fn f5_a_full_disk_keeps_the_old_backups_and_is_told() {
    let mount_point = tempfile::tempdir().unwrap();
    let command =
        ServerCommand::new(BINARY, mount_point.path()).env("CURT_BACKUP__INTERVAL", "10m");
    let server = command.within(on_small_disk()).start();
    let disk = SmallDisk::of(&server, mount_point.path());
    create(&mut server.client(), 1);
    await_backup(&server, true);
    let backups = disk.path("backups");
    let count = || fs::read_dir(&backups).unwrap().count();
    assert_eq!(count(), 3, "a backup, its manifest and the lock");

    // The state in which a server starts on a full disk without a backup.
    let files: Vec<_> =
        fs::read_dir(&backups).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept = tempfile::tempdir().unwrap();
    for file in &files {
        fs::copy(file, kept.path().join(file.file_name().unwrap())).unwrap();
    }
    disk.fill();
    let run = Command::new(BINARY)
        .args(["backup", "create", "--data-dir"])
        .arg(disk.path(""))
        .env_clear()
        .output()
        .unwrap();
    let run = Run::from(run);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.errors().contains("is too full: "), "{run:?}");
    assert_eq!(count(), 3, "nothing came and nothing went");
    for file in &files {
        let name = file.file_name().unwrap();
        assert_eq!(fs::read(file).unwrap(), fs::read(kept.path().join(name)).unwrap(), "{name:?}");
    }
    assert_eq!(server.visitor().get("/readyz").unwrap().status, 200);
}

#[test]
fn f17_a_backup_that_cannot_be_made_is_told_by_health() {
    let program = Program::new().with_file("a-file", "");
    let server = server_command(&program)
        .env("CURT_BACKUP__INTERVAL", "1h")
        .env("CURT_BACKUP__DIR", program.path("a-file/backups"))
        .start();
    await_backup(&server, false);
    assert_eq!(server.visitor().get("/readyz").unwrap().status, 200);
    assert!(server.output().contains("the backup failed"), "{}", server.output());
}

/// Waits until health reports the result of the first backup.
fn await_backup(server: &testkit::server::Server, is_ok: bool) {
    let deadline = Instant::now() + super::MADE_WITHIN;
    loop {
        let health = server.visitor().get("/api/v1/health").unwrap().json();
        let backup = &health["backup"];
        if backup["ok"] == is_ok && backup["failing"] == !is_ok {
            return;
        }
        assert!(Instant::now() < deadline, "{health}\n{}", server.output());
        std::thread::yield_now();
    }
}
