//! `curt backup`: a backup can be trusted, and a restore brings everything back (F17, F18, P7).

mod database_servers;
mod disk;
mod load;

use std::{
    fs::{self, File},
    os::unix::fs::{FileExt as _, symlink},
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::server::{Client, Server, ServerCommand};

use crate::program::{EXIT_REFUSED, Program, Run};

const BINARY: &str = env!("CARGO_BIN_EXE_curt");
const EXIT_NOT_FOUND: i32 = 3;

/// How long a backup in the background may take on a busy machine.
const MADE_WITHIN: Duration = Duration::from_secs(30);

/// A server on the data directory that the commands of the program use.
fn server_command(program: &Program) -> ServerCommand {
    ServerCommand::new(BINARY, program.path("data"))
}

/// Creates a link; returns its code and target.
fn create(client: &mut Client, number: usize) -> (String, String) {
    let target = format!("https://example.com/{number}");
    let answer = client.post("/api/v1/urls", &json!({ "original_url": target })).unwrap();
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    (answer.json()["short_code"].as_str().unwrap().to_owned(), target)
}

fn follow_all(server: &Server, links: &[(String, String)]) {
    let mut visitor = server.visitor();
    for (code, target) in links {
        let found = visitor.get(&format!("/{code}")).unwrap();
        assert_eq!((found.status, found.header("location")), (302, Some(target.as_str())));
    }
}

#[track_caller]
fn succeed(run: &Run) -> &str {
    assert_eq!(run.code, Some(0), "{run:?}");
    &run.stdout
}

/// The listed backups, newest first.
fn listed(program: &Program) -> Vec<Value> {
    let run = program.run(&["backup", "list", "--json"]);
    succeed(&run).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The file of the newest backup.
fn newest(program: &Program) -> PathBuf {
    program.path(listed(program)[0]["file"].as_str().unwrap())
}

/// A program with a stopped server, some links and a backup of them.
fn with_backup(count: usize) -> (Program, Vec<(String, String)>) {
    let program = Program::new();
    let server = server_command(&program).start();
    let mut client = server.client();
    let links = (0..count).map(|number| create(&mut client, number)).collect();
    succeed(&program.run(&["backup", "create"]));
    (program, links)
}

/// Copies the secret key, as an operator has to.
fn bring_secret(program: &Program, to: &str) {
    fs::copy(program.path("data/secret.key"), program.path(to).join("secret.key")).unwrap();
}

#[test]
fn p7_a_server_backs_itself_up_unasked_and_says_so() {
    let program = Program::new();
    let command = server_command(&program).without_env("CURT_BACKUP__INTERVAL");
    let server = command.start();
    let deadline = Instant::now() + MADE_WITHIN;
    loop {
        let health = server.visitor().get("/api/v1/health").unwrap().json();
        assert_eq!(health["status"], "ok", "a backup is no visitor's business");
        if health["backup"]["ok"] == true {
            assert_eq!(health["backup"]["failing"], false);
            break;
        }
        assert!(Instant::now() < deadline, "{health}\n{}", server.output());
    }
    drop(server);
    drop(command.start());
    let made = listed(&program);
    assert_eq!(made.len(), 1, "starting again makes no other");
    assert_eq!((&made[0]["made_by"], &made[0]["state"]), (&json!("schedule"), &json!("verified")));
}

#[test]
fn f18_the_latest_backup_and_an_older_one_bring_back_what_was_there() {
    let (program, mut links) = with_backup(20);
    let older = newest(&program);
    let server = server_command(&program).start();
    links.push(create(&mut server.client(), 21));
    succeed(&program.run(&["backup", "create"]));
    drop(server);

    for (from, to, expected) in
        [("latest", "a", &links[..]), (older.to_str().unwrap(), "b", &links[..20])]
    {
        let run = program.run(&["backup", "restore", from, "--to", to]);
        let said = succeed(&run);
        assert!(said.contains(&format!(": {} links, 0 deleted, newest change 20", expected.len())));
        assert!(said.contains("looked up 10 links at random: all are there"), "{said}");
        assert!(run.stderr.contains("put the one of this deployment there"), "{run:?}");
        bring_secret(&program, to);
        let server = ServerCommand::new(BINARY, program.path(to)).start();
        follow_all(&server, expected);
        let (lost, _) = &links[20];
        let status = server.visitor().get(&format!("/{lost}")).unwrap().status;
        assert_eq!(status, if expected.len() == 21 { 302 } else { 404 });
    }
}

/// A code that was lost with the database may be printed on paper.
#[test]
fn f18_codes_that_were_lost_are_not_given_to_other_links() {
    let (program, _) = with_backup(3);
    let server = server_command(&program).start();
    let mut client = server.client();
    let lost: Vec<String> = (0..50).map(|number| create(&mut client, number).0).collect();
    drop(server);
    succeed(&program.run(&["backup", "restore", "--to", "new"]));
    bring_secret(&program, "new");
    let server = ServerCommand::new(BINARY, program.path("new")).start();
    let mut client = server.client();
    for number in 0..100 {
        let (code, _) = create(&mut client, number);
        assert!(!lost.contains(&code), "{code} leads elsewhere now");
    }
}

#[test]
fn f18_a_single_changed_byte_is_noticed_wherever_it_is() {
    let (program, _) = with_backup(5);
    let path = newest(&program);
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let len = file.metadata().unwrap().len();
    for at in [0, 20, 100, len / 3, len / 2, len - 1] {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1], at).unwrap();
        for arguments in [&["backup", "verify"][..], &["backup", "restore", "--to", "new"]] {
            let run = program.run(arguments);
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "byte {at}: {run:?}");
        }
        assert!(!program.path("new").exists(), "the target is untouched");
        file.write_all_at(&byte, at).unwrap();
    }
    succeed(&program.run(&["backup", "verify"]));
}

#[test]
fn f18_what_is_no_backup_is_refused_by_name() {
    let (program, _) = with_backup(5);
    let whole = fs::read(newest(&program)).unwrap();
    let database = fs::read(program.path("data/curt.db")).unwrap();
    for (name, bytes, why) in [
        ("notes.txt", &b"my notes"[..], "is no backup of ours"),
        ("empty", b"", "is no backup of ours"),
        ("short.sqlite3", &whole[..whole.len() / 2], "is cut off: "),
        ("copied.db", &database, "was copied from a database in use"),
    ] {
        fs::write(program.path(name), bytes).unwrap();
        for arguments in
            [&["backup", "verify", name][..], &["backup", "restore", name, "--to", "new"]]
        {
            let run = program.run(arguments);
            assert_eq!(run.code, Some(1), "{run:?}");
            assert!(run.errors().contains(why), "{run:?}");
        }
    }
    assert!(!program.path("new").exists());
    let missing = program.run(&["backup", "restore", "nowhere.sqlite3", "--to", "new"]);
    assert_eq!(missing.code, Some(EXIT_NOT_FOUND), "{missing:?}");
}

#[test]
fn a_backup_without_its_manifest_is_restored_with_a_warning() {
    let (program, links) = with_backup(5);
    let path = newest(&program);
    fs::copy(&path, program.path("mailed.sqlite3")).unwrap();
    let run = program.run(&["backup", "restore", "mailed.sqlite3", "--to", "new"]);
    succeed(&run);
    assert!(run.stderr.contains("it has no manifest"), "{run:?}");
    bring_secret(&program, "new");
    follow_all(&ServerCommand::new(BINARY, program.path("new")).start(), &links);
}

#[test]
fn f18_nothing_is_written_over() {
    let (program, _) = with_backup(2);
    let before = fs::read(program.path("data/curt.db")).unwrap();
    for leftover in ["curt.db", "curt.db-wal", "curt.db-shm"] {
        let run = program.run(&["backup", "restore"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        let expected = format!("error: ./data/{leftover} exists already; move it away first");
        assert!(run.errors().starts_with(&expected), "{run:?}");
        if leftover == "curt.db" {
            assert_eq!(fs::read(program.path("data/curt.db")).unwrap(), before);
        }
        // The killed server has left all three files.
        fs::rename(program.path("data").join(leftover), program.path(leftover)).unwrap();
    }
    // A symbolic link to a missing disk stands for a database that may come back.
    symlink(program.path("away/curt.db"), program.path("data/curt.db")).unwrap();
    let run = program.run(&["backup", "restore"]);
    assert!(run.errors().starts_with("error: ./data/curt.db exists already"), "{run:?}");
    fs::remove_file(program.path("data/curt.db")).unwrap();
    succeed(&program.run(&["backup", "restore"]));
    assert!(!program.path("data/curt.db.restoring").exists());
}

#[test]
fn f18_a_server_keeps_restores_out() {
    let (program, _) = with_backup(2);
    fs::create_dir(program.path("away")).unwrap();
    for name in ["curt.db", "curt.db-wal", "curt.db-shm"] {
        fs::rename(program.path("data").join(name), program.path("away").join(name)).unwrap();
    }
    let lock = File::open(program.path("data/lock")).unwrap();
    lock.try_lock().unwrap();
    let run = program.run(&["backup", "restore"]);
    assert_eq!(run.code, Some(EXIT_REFUSED), "{run:?}");
    assert!(run.errors().contains("data directory ./data: is in use by another server"), "{run:?}");
    assert!(!program.path("data/curt.db").exists());
}

#[test]
fn f18_a_backup_of_another_secret_is_refused_unless_that_is_lost() {
    let (program, links) = with_backup(5);
    fs::create_dir(program.path("new")).unwrap();
    let other = "5b0e9d6a47c2f1838e7da95c06b4e2f1739c8d50a6e4b21f08c3d7f5e96a1b42\n";
    let program = program.with_file("new/secret.key", other);
    for arguments in [
        &["backup", "restore", "--to", "new"][..],
        &["--data-dir=new", "--set=backup.dir=data/backups", "backup", "verify"],
    ] {
        let run = program.run(arguments);
        let is_verify = arguments.contains(&"verify");
        assert_eq!(run.code, Some(if is_verify { 1 } else { EXIT_REFUSED }), "{run:?}");
        assert!(run.errors().contains("it belongs to another secret key"), "{run:?}");
        assert!(!run.stderr.contains(other.trim()), "{run:?}");
    }
    assert!(!program.path("new/curt.db").exists());
    succeed(&program.run(&["backup", "restore", "--to", "new", "--forget-secret"]));
    follow_all(&ServerCommand::new(BINARY, program.path("new")).start(), &links);
}

#[test]
fn backups_are_listed_for_people_and_for_programs() {
    let program = Program::new();
    let none = program.run(&["backup", "list"]);
    assert_eq!(succeed(&none), "there is no backup in ./data/backups\n");
    for arguments in
        [&["backup", "verify"][..], &["backup", "verify", "--all"], &["backup", "restore"]]
    {
        let run = program.run(arguments);
        assert_eq!(run.code, Some(EXIT_NOT_FOUND), "{run:?}");
        assert_eq!(run.errors(), "error: there is no backup in ./data/backups");
    }
    let early = program.run(&["backup", "create"]);
    assert_eq!(early.errors(), "error: ./data/curt.db does not exist yet");
    assert!(!program.path("data").exists(), "asking changes nothing");

    succeed(&program.run(&["db", "migrate"]));
    succeed(&program.run(&["backup", "create"]));
    // A directory with a backup's name hides no backup.
    fs::create_dir(program.path("data/backups/curt-20200101T000000Z.sqlite3")).unwrap();
    let cut_off = newest(&program);
    succeed(&program.run(&["backup", "create"]));
    File::options().write(true).open(&cut_off).unwrap().set_len(5_000).unwrap();
    let table = program.run(&["backup", "list"]).stdout;
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["MADE", "AGE", "SIZE", "LINKS", "BY", "STATE", "FILE"]);
    assert_eq!(rows[1][5..8], ["0", "command", "verified"], "{table}");
    assert!(table.lines().nth(2).unwrap().contains("cut off"), "{table}");

    let all = program.run(&["backup", "verify", "--all"]);
    assert_eq!((all.code, all.stdout.lines().count()), (Some(1), 1), "{all:?}");
    assert!(all.stderr.ends_with("error: 1 of 2 cannot be restored\n"), "{all:?}");
}
