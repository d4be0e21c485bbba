//! Priorities of the server's threads, and its memory settings: redirects come first.

use std::{fs, path::Path};

use testkit::server::{Server, ServerCommand};

/// The name and niceness of each thread of the server.
fn threads(server: &Server) -> Vec<(String, i32)> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.process_id())).unwrap();
    let thread = |task: &Path| {
        let name = fs::read_to_string(task.join("comm")).unwrap().trim().to_owned();
        let stat = fs::read_to_string(task.join("stat")).unwrap();
        // The second field is a name in brackets and may contain anything.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        (name, fields.split(' ').nth(16).unwrap().parse().unwrap())
    };
    tasks.map(|task| thread(&task.unwrap().path())).collect()
}

#[test]
fn what_writes_to_the_database_gives_way_to_redirects() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path()).start();
    let threads = threads(&server);
    let niceness = |wanted: &str| {
        let found = threads.iter().filter(|(name, _)| name == wanted);
        let found: Vec<i32> = found.map(|(_, niceness)| *niceness).collect();
        assert!(!found.is_empty(), "no {wanted} in {threads:?}");
        found
    };
    assert_eq!([niceness("drain"), niceness("sqlite-writer")], [[10], [10]]);
    assert!(niceness("tokio-rt-worker").iter().all(|niceness| *niceness == 0), "{threads:?}");
}

/// The kernel takes milliseconds to zero a huge page, and the worker answers no request then.
#[test]
fn no_huge_page_holds_up_redirects() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path()).start();
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    assert!(status.lines().any(|line| line == "THP_enabled:\t0"), "{status}");
}
