//! Backups while writers write, and killed backups (F17).

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use testkit::server::ServerCommand;

use super::{BINARY, create, listed, server_command, succeed};
use crate::program::Program;

const WRITERS: usize = 8;
const BACKUPS: usize = 8;

/// Kill until one kill has hit a backup in the middle.
const KILLS_MAX: usize = 200;

#[test]
fn f17_every_backup_under_load_is_whole_and_has_what_was_acknowledged_before() {
    let program = Program::new();
    let server = server_command(&program).start();
    let (acknowledged, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let links = Mutex::new(Vec::new());
    let mut before = Vec::new();
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            let (acknowledged, is_over, links) = (&acknowledged, &is_over, &links);
            let mut client = server.client();
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let number = acknowledged.fetch_add(1, Ordering::Relaxed);
                    let link = create(&mut client, usize::try_from(number).unwrap());
                    links.lock().unwrap().push(link);
                }
            });
        }
        for _ in 0..BACKUPS {
            before.push(links.lock().unwrap().len() as u64);
            succeed(&program.run(&["backup", "create"]));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    drop(server);

    let made = listed(&program);
    assert_eq!(made.len(), BACKUPS);
    for (backup, before) in made.iter().rev().zip(before) {
        assert!(
            before <= backup["links"].as_u64().unwrap(),
            "{before} were acknowledged: {backup}"
        );
    }
    let verified = program.run(&["backup", "verify", "--all"]);
    assert_eq!(succeed(&verified).lines().count(), BACKUPS);
    assert!(!links.lock().unwrap().is_empty());

    succeed(&program.run(&["backup", "restore", "--to", "new"]));
    super::bring_secret(&program, "new");
    let count = usize::try_from(made[0]["links"].as_u64().unwrap()).unwrap();
    let server = ServerCommand::new(BINARY, program.path("new")).start();
    let mut visitor = server.visitor();
    let links = links.into_inner().unwrap();
    let found = links
        .iter()
        .filter(|(code, _)| visitor.get(&format!("/{code}")).unwrap().status == 302)
        .count();
    assert_eq!(found, count, "as many links as it says");
}

#[test]
fn f17_kill_9_leaves_no_backup_that_is_not_whole() {
    let (program, _) = super::with_backup(50);
    let directory = program.path("data/backups");
    for _ in 0..KILLS_MAX {
        let mut command = program.command(&["backup", "create"]);
        let mut backup = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while backup.try_wait().unwrap().is_none() && !has_partial(&directory) {}
        backup.kill().unwrap();
        backup.wait().unwrap();
        if has_partial(&directory) {
            break;
        }
    }
    assert!(has_partial(&directory), "no kill hit a backup in the middle");
    succeed(&program.run(&["backup", "verify", "--all"]));

    let before = listed(&program).len();
    succeed(&program.run(&["backup", "create"]));
    assert!(!has_partial(&directory), "the next one cleans up");
    assert_eq!(listed(&program).len(), before + 1);
    succeed(&program.run(&["backup", "verify", "--all"]));
}

fn has_partial(directory: &Path) -> bool {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.into_iter().any(|name| name.to_string_lossy().ends_with(".partial"))
}
