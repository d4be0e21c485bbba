//! `curt links` while servers run on the same database: they hear of every change (promise P4).

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    databases::{TestDatabase, for_each_engine},
    server::{Client, Server, ServerCommand},
};

use crate::program::Run;

const SECRET: &str = "9d1f6c0b52e7a83944d0be617fa25c38e60b97d4f1a2538c7be4960d1fc85a23";

/// What P4 promises, and what other tests on the same two cores may add to it.
const HEARD_WITHIN: Duration = Duration::from_secs(2 + 8);

/// A server and what the command line needs to work beside it.
pub(crate) struct Beside {
    pub(crate) server: Server,
    data_dir: TempDir,
    database: String,
}

impl Beside {
    pub(crate) fn start(database: &TestDatabase) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path())
            .env("CURT_DATABASE_URL", database.url())
            .env("CURT_SECRET_KEY", SECRET)
            .start();
        Self { server, data_dir, database: database.url() }
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_curt"));
        command.args(arguments).env_clear().current_dir(self.data_dir.path());
        command.env("CURT_DATABASE_URL", &self.database).env("CURT_SECRET_KEY", SECRET);
        command.env("CURT_PUBLIC_URL", format!("http://{}", self.server.address()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs a command that has to succeed in silence; what it prints.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let run = Run::from(self.spawn(arguments).wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        run.stdout
    }
}

/// The status that visitors get, and where they are sent.
fn visit(visitor: &mut Client, path: &str) -> (u16, Option<String>) {
    let answer = visitor.get(path).unwrap();
    (answer.status, answer.header("location").map(str::to_owned))
}

/// Between two visits of somebody who waits: as fast as they can, they would take a core from the database
/// that is waited for.
const VISIT_PAUSE: Duration = Duration::from_millis(20);

/// Visits until the answer is the new one.
#[expect(
    clippy::disallowed_methods,
    reason = "only between visits; what is waited for is the answer"
)]
#[track_caller]
pub(crate) fn await_visit(server: &Server, path: &str, new: &(u16, Option<String>)) {
    let mut visitor = server.visitor();
    let start = Instant::now();
    loop {
        let found = visit(&mut visitor, path);
        if found == *new {
            return;
        }
        let is_late = HEARD_WITHIN <= start.elapsed();
        assert!(!is_late, "{path} gives {found:?} and not {new:?}:\n{}", server.output());
        std::thread::sleep(VISIT_PAUSE);
    }
}

fn leads_to(target: &str) -> (u16, Option<String>) {
    (302, Some(target.to_owned()))
}

#[tokio::test]
async fn cache_04_a_running_server_hears_of_every_change() {
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let mut visitor = beside.server.visitor();
        assert_eq!(visit(&mut visitor, "/blog").0, 404, "the absence is remembered now");

        let added = beside.run(&["links", "add", "https://example.com/old", "--alias=blog"]);
        assert_eq!(added, format!("http://{}/blog\n", beside.server.address()));
        await_visit(&beside.server, "/blog", &leads_to("https://example.com/old"));
        beside.run(&["links", "edit", added.trim(), "--url=https://example.com/new"]);
        await_visit(&beside.server, "/blog", &leads_to("https://example.com/new"));
        for (deed, then) in [
            ("disable", (404, None)),
            ("enable", leads_to("https://example.com/new")),
            ("rm", (404, None)),
            ("restore", leads_to("https://example.com/new")),
        ] {
            beside.run(&["links", deed, "blog"]);
            await_visit(&beside.server, "/blog", &then);
        }
    })
    .await;
}

#[tokio::test]
async fn a_history_of_many_pages_is_whole() {
    const EDITS: usize = 250;
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let added = beside.run(&["links", "add", "https://example.com", "--alias=x", "--json"]);
        let link: Value = serde_json::from_str(&added).unwrap();
        let path = format!("/api/v1/urls/{}", link["id"]);
        let mut client = beside.server.client();
        for n in 1..=EDITS {
            let edited = client.patch(&path, &json!({ "title": n.to_string() })).unwrap();
            assert_eq!(edited.status, 200);
        }
        let history = beside.run(&["links", "show", "x", "--history", "--json"]);
        let title = |line: &str| serde_json::from_str::<Value>(line).unwrap()["title"].clone();
        let titles: Vec<_> = history.lines().map(title).collect();
        let mut expected: Vec<_> = (1..EDITS).rev().map(|n| json!(n.to_string())).collect();
        expected.push(Value::Null);
        assert_eq!(titles, expected, "newest first");
    })
    .await;
}

/// On SQLite the server and every command take turns at one file.
#[tokio::test]
async fn commands_and_a_server_write_at_the_same_time() {
    const COMMANDS: usize = 3;
    const LINKS_EACH: usize = 20;
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let urls = |n: usize| (0..LINKS_EACH).map(move |k| format!("https://example.com/{n}/{k}"));
        let commands: Vec<_> = (0..COMMANDS)
            .map(|n| {
                let urls: Vec<_> = urls(n).collect();
                let words = ["links", "add"].into_iter().chain(urls.iter().map(String::as_str));
                beside.spawn(&words.collect::<Vec<_>>())
            })
            .collect();
        let mut client = beside.server.client();
        for url in urls(COMMANDS) {
            let body = json!({ "original_url": url });
            assert_eq!(client.post("/api/v1/urls", &body).unwrap().status, 201);
        }
        for command in commands {
            let run = Run::from(command.wait_with_output().unwrap());
            assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
            assert_eq!(run.stdout.lines().count(), LINKS_EACH);
        }
        let list = beside.run(&["links", "list", "--all", "--json"]);
        assert_eq!(list.lines().count(), (COMMANDS + 1) * LINKS_EACH);
    })
    .await;
}
