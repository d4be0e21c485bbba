//! Two nodes count on one database: each counts its own journal, and neither counts a click again.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use tempfile::TempDir;
use testkit::{
    databases::for_each_server,
    server::ServerCommand,
    visits::{Visits, await_counted},
};

use super::{command, segments, stopping::VISITING};

const SECRET: &str = "5b0e9d6a47c2f1838e7da95c06b4e2f1739c8d50a6e4b21f08c3d7f5e96a1b42";
const ROUNDS: usize = 2;

#[tokio::test]
async fn p2_two_nodes_and_copies_of_their_journals_count_once() {
    for_each_server(async |database| {
        let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let commands = homes.each_ref().map(|home| {
            let command = command(home.path()).env("CURT_SECRET_KEY", SECRET);
            command.env("CURT_DATABASE_URL", database.url())
        });
        let [mut here, mut there] = commands.each_ref().map(ServerCommand::start);
        let mut visits = Visits::new(&here);
        for _ in 0..ROUNDS {
            let mut others = visits.of_others();
            thread::scope(|scope| {
                scope.spawn(|| others.until_end(there, VISITING, |node| drop(node.kill())));
                visits.until_end(here, VISITING, |node| drop(node.kill()));
            });
            visits.join(&others);
            give_both_to_both(&homes);
            [here, there] = commands.each_ref().map(ServerCommand::start);
            await_counted(&there);
            visits.settle(&here);
        }
        assert!(0 < visits.tally().answered, "nobody followed anything");
        for node in [&here, &there] {
            visits.assert_exact(node);
        }
    })
    .await;
}

fn give_both_to_both(homes: &[TempDir; 2]) {
    let [here, there] = homes.each_ref().map(|home| home.path().join("journal"));
    let [own, others] = [&here, &there].map(|journal| segments(journal));
    copy(&others, &here);
    copy(&own, &there);
}

fn copy(segments: &[PathBuf], to: &Path) {
    for segment in segments {
        fs::copy(segment, to.join(segment.file_name().unwrap())).unwrap();
    }
}
