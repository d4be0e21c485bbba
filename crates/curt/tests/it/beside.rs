//! A server, commands on its database, and visitors who wait until the server has learned of a
//! change (promise P4).

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use testkit::{
    databases::TestDatabase,
    server::{Client, Server, ServerCommand},
};

use crate::program::Run;

const SECRET: &str = "9d1f6c0b52e7a83944d0be617fa25c38e60b97d4f1a2538c7be4960d1fc85a23";

/// The time that P4 promises, plus what other tests on the same two cores may add.
const HEARD_WITHIN: Duration = Duration::from_secs(2 + 10);

/// Between two visits of a waiting visitor. Visits without a pause would take a core from the
/// database that the visitor waits for.
const VISIT_PAUSE: Duration = Duration::from_millis(20);

/// A server, and what commands need to run beside it.
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

    /// Runs a command that has to succeed without messages; returns its output.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let run = Run::from(self.spawn(arguments).wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        run.stdout
    }
}

/// What a visitor gets: the status, and the target.
pub(crate) type Visit = (u16, Option<String>);

pub(crate) fn visit(visitor: &mut Client, path: &str) -> Visit {
    let answer = visitor.get(path).unwrap();
    (answer.status, answer.header("location").map(str::to_owned))
}

pub(crate) fn leads_to(target: &str) -> Visit {
    (302, Some(target.to_owned()))
}

/// Visits until the answer is the new one. Any answer except this and the first is a failure.
#[expect(
    clippy::disallowed_methods,
    reason = "only between visits; what is waited for is the answer"
)]
#[track_caller]
pub(crate) fn await_visit(server: &Server, path: &str, new: &Visit) {
    let (mut visitor, start) = (server.visitor(), Instant::now());
    let old = visit(&mut visitor, path);
    let mut found = old.clone();
    while found != *new {
        assert_eq!(found, old, "{path}");
        let is_late = HEARD_WITHIN <= start.elapsed();
        assert!(!is_late, "{path} gives {found:?} and not {new:?}:\n{}", server.output());
        std::thread::sleep(VISIT_PAUSE);
        found = visit(&mut visitor, path);
    }
}
