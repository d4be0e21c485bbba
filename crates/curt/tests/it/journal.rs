//! `curt journal`: inspects, verifies and replays journals of dead and of running servers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use testkit::{
    databases::for_each_engine,
    server::{Server, ServerCommand},
};

use crate::program::{Program, Run};

const SECRET: &str = "2f8c61d0be947a35e1460cd92b7f83a5c9e40d176b25f8a3914ce7d06b3f58ac";
const NOT_FOUND: i32 = 3;
const CLICKS: u64 = 40;

/// A data directory, and the commands and servers that use it.
struct Site {
    program: Program,
    database: Option<String>,
}

impl Site {
    fn new() -> Self {
        Self { program: Program::new().with_env("CURT_SECRET_KEY", SECRET), database: None }
    }

    fn on(database: String) -> Self {
        let program = Self::new().program.with_env("CURT_DATABASE_URL", &database);
        Self { program, database: Some(database) }
    }

    fn start(&self) -> Server {
        let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), self.program.path("data"));
        let command = command.env("CURT_SECRET_KEY", SECRET);
        match &self.database {
            Some(database) => command.env("CURT_DATABASE_URL", database),
            None => command,
        }
        .start()
    }

    fn add_link(&self) {
        let add = ["links", "add", "https://example.com/", "--alias=blog"];
        assert_eq!(self.program.run(&add).code, Some(0));
    }

    /// Runs a server that records this many clicks and dies.
    fn leave_clicks(&self) {
        let server = self.start();
        visit(&server, CLICKS);
        server.kill();
    }

    fn journal(&self) -> PathBuf {
        self.program.path("data/journal")
    }

    /// A copy of the journal as it is now.
    fn copy_journal(&self) -> PathBuf {
        let copy = self.program.path("copy");
        copy_files(&self.journal(), &copy);
        copy
    }

    fn run(&self, deed: &str, directory: &Path, more: &[&str]) -> Run {
        let arguments = [&["journal", deed, directory.to_str().unwrap()], more].concat();
        self.program.run(&arguments)
    }

    #[track_caller]
    fn json(&self, deed: &str, directory: &Path, more: &[&str]) -> Vec<Value> {
        let run = self.run(deed, directory, &[more, &["--json"]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{deed}: {run:?}");
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Clicks counted now, and before.
    #[track_caller]
    fn replay(&self, directory: &Path) -> (u64, u64) {
        let replayed = self.json("replay", directory, &[]).remove(0);
        let number = |key: &str| replayed[key].as_u64().unwrap();
        assert_eq!((number("lost"), number("dropped")), (0, 0), "{replayed}");
        (number("counted"), number("counted_before"))
    }

    /// The total of `inspect` over all segments.
    #[track_caller]
    fn inspected(&self, directory: &Path, key: &str) -> u64 {
        let segments = self.json("inspect", directory, &[]);
        segments.iter().map(|segment| segment[key].as_u64().unwrap()).sum()
    }

    fn clicks(&self) -> u64 {
        let show = self.program.run(&["links", "show", "blog", "--json"]);
        let link: Value = serde_json::from_str(&show.stdout).unwrap();
        let classes = link["clicks"].as_object().unwrap();
        classes["total"].as_u64().unwrap()
    }
}

fn visit(server: &Server, times: u64) {
    let mut visitor = server.visitor();
    for _ in 0..times {
        assert_eq!(visitor.get("/blog").unwrap().status, 302);
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files(from) {
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(directory).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Changes one bit in the second click, at or after the client's address.
fn damage(directory: &Path) {
    let segment_of = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        let words = (4096..bytes.len()).step_by(8);
        // The tag of a record, in the upper half of its word.
        let records: Vec<_> = words.filter(|at| bytes[at + 2..at + 4] == [0x1C, 0xC1]).collect();
        (3 < records.len()).then(|| (path.clone(), bytes, records[1]))
    };
    let (path, mut bytes, at) = files(directory).iter().find_map(segment_of).unwrap();
    bytes[at + 20] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_journal_counts_once_whatever_was_counted() {
    for_each_engine(async |database| {
        let site = Site::on(database.url());
        site.add_link();
        site.leave_clicks();
        let copy = site.copy_journal();
        let (counted, before) = site.replay(&copy);
        assert_eq!(counted + before, CLICKS);
        assert_eq!(site.replay(&copy), (0, CLICKS));
        assert_eq!(site.clicks(), CLICKS);

        let server = site.start();
        server.terminate();
        assert_eq!(server.wait(std::time::Duration::from_secs(20)).code, Some(0));
        assert_eq!(site.clicks(), CLICKS, "the next start counts nothing twice");
        assert_eq!(files(&site.journal()).len(), 1, "all is counted but the lock is kept");
        assert_eq!(site.inspected(&site.journal(), "records"), 0);
        assert_eq!(site.replay(&copy), (0, CLICKS));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_is_replayed_into_another_database() {
    for_each_engine(async |database| {
        let site = Site::new();
        site.add_link();
        site.leave_clicks();
        let other = Site::on(database.url());
        assert_eq!(other.program.run(&["db", "migrate"]).code, Some(0));
        let (journal, before) = (site.journal(), contents(&site.journal()));

        assert_eq!(other.inspected(&journal, "records"), CLICKS);
        assert_eq!(other.inspected(&journal, "to_count"), CLICKS);
        let rehearsed = other.json("replay", &journal, &["--dry-run"]).remove(0);
        assert_eq!(rehearsed["would_count"].as_u64(), Some(CLICKS), "{rehearsed}");
        assert_eq!(rehearsed["of_unknown_links"].as_u64(), Some(CLICKS), "{rehearsed}");
        let rehearsed = site.json("replay", &journal, &["--dry-run"]).remove(0);
        assert_eq!(rehearsed["of_unknown_links"], 0, "they are this database's own");
        assert_eq!(other.inspected(&journal, "counted"), 0, "a rehearsal counts nothing");
        assert_eq!(other.replay(&journal), (CLICKS, 0));
        assert_eq!(other.replay(&journal), (0, CLICKS));
        assert_eq!(other.inspected(&journal, "counted"), CLICKS);
        assert_eq!(other.inspected(&journal, "to_count"), 0);
        let rehearsed = other.run("replay", &journal, &["--dry-run"]).stdout;
        assert_eq!(rehearsed, "would count 0 clicks; 40 counted before, 0 lost, 0 dropped\n");
        assert_eq!(contents(&journal), before, "no command changes a file");
    })
    .await;
}

#[test]
fn damage_is_told_and_the_rest_is_counted() {
    let site = Site::new();
    site.add_link();
    site.leave_clicks();
    let journal = site.copy_journal();
    let sound = site.run("verify", &journal, &[]);
    assert_eq!((sound.code, sound.stderr.as_str()), (Some(0), ""), "{sound:?}");
    assert!(sound.stdout.contains("copy is sound: "), "{sound:?}");
    assert!(sound.stdout.ends_with(" with 40 records\n"), "{sound:?}");

    damage(&journal);
    let damaged = site.run("verify", &journal, &[]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    assert!(damaged.stdout.contains("copy is not sound: 1 of "), "{damaged:?}");
    assert!(damaged.stdout.contains("; 39 records whole, 1 lost, "), "{damaged:?}");
    assert!(damaged.errors().contains(".seg: 1 record lost, "), "{damaged:?}");
    let json = site.run("verify", &journal, &["--json"]);
    let object: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &object["sound"], &object["lost"]), (Some(1), &false.into(), &1.into()));
    let shown = site.run("inspect", &journal, &[]);
    assert!(shown.stdout.contains("1 record lost, "), "{shown:?}");

    let other = Site::new();
    assert_eq!(other.program.run(&["db", "migrate"]).code, Some(0));
    let replayed = other.run("replay", &journal, &[]);
    let expected = "counted 39 clicks; 0 counted before, 1 lost, 0 dropped\n";
    let warning = "warning: 39 clicks of links that are not in this database: those were erased, or the \
                   journal belongs to another database\n";
    assert_eq!(replayed.told(), (Some(0), expected, warning));
}

#[test]
fn a_running_server_is_not_disturbed() {
    let site = Site::new();
    site.add_link();
    let server = site.start();
    for round in 1..=5 {
        visit(&server, CLICKS);
        let verified = site.program.run(&["journal", "verify"]);
        assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), ""), "{verified:?}");
        assert!(verified.stdout.contains("of the segments may still grow"), "{verified:?}");
        let (counted, before) = site.replay(&site.journal());
        assert_eq!(counted + before, round * CLICKS);
    }
    let shown = site.program.run(&["journal", "inspect"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    assert!(shown.stdout.starts_with("SEGMENT   CREATED "), "{shown:?}");
    assert!(shown.stdout.contains("  live  "), "{shown:?}");
    assert!(shown.stdout.ends_with(": 200 records, 200 counted, 0 to count, 0 lost, 0 dropped\n"));
    server.terminate();
    assert_eq!(server.wait(std::time::Duration::from_secs(20)).code, Some(0));
    assert_eq!(site.clicks(), 5 * CLICKS);
}

#[test]
fn what_is_no_journal_is_not_taken_for_an_empty_one() {
    let site = Site::new();
    site.add_link();
    site.leave_clicks();
    let refused = |directory: &str, words: &str| {
        for deed in ["inspect", "verify", "replay"] {
            let run = site.program.run(&["journal", deed, directory]);
            assert_eq!(run.told(), (Some(NOT_FOUND), "", format!("error: {words}\n").as_str()));
        }
    };
    refused("nowhere", "there is no journal: nowhere does not exist");
    refused("data", "data is no journal: did you mean data/journal?");
    fs::create_dir_all(site.program.path("photos")).unwrap();
    refused("photos", "photos is no journal: it is empty");
    fs::write(site.program.path("photos/sea.jpg"), "").unwrap();
    refused("photos", "photos is no journal: it has no segments, but sea.jpg");
    refused("photos/sea.jpg", "photos/sea.jpg is a file; name the directory of a journal");

    // Beside segments, a foreign file is named and left alone.
    let copy = site.copy_journal();
    fs::write(copy.join("notes.txt"), "").unwrap();
    let verified = site.run("verify", Path::new("copy"), &[]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(verified.warnings(), "warning: copy/notes.txt is no part of a journal");
}

#[test]
fn a_journal_can_be_read_without_its_database() {
    let site = Site::new();
    site.add_link();
    site.leave_clicks();
    let other = Site::new();
    let shown = other.run("inspect", &site.journal(), &["--json"]);
    assert_eq!(shown.code, Some(0));
    assert!(shown.stderr.starts_with("what of it is counted is not known: "), "{shown:?}");
    let segment: Value = serde_json::from_str(shown.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(segment["counted"], Value::Null);
    assert_eq!(segment["state"], "left");
    assert_eq!(other.run("replay", &site.journal(), &[]).code, Some(NOT_FOUND));
    assert!(!other.program.path("data").exists(), "asking makes nothing");
}
