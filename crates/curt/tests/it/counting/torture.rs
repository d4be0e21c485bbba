//! `kill -9` under eight visitors: no click whose redirect arrived is lost, and none is counted
//! twice.
//!
//! The variables of `crate::torture` set the number of cycles, and repeat a run.

use std::{ops::RangeInclusive, time::Duration};

use testkit::{
    databases::for_each_server,
    server::ServerCommand,
    visits::{VISITORS, Visits},
};

use super::command;
use crate::torture::{cycles, seed};

/// Enough on each of two servers to see that marks and clicks share a transaction there too.
const CYCLES_ON_SERVERS: u32 = 2;

/// From the first visit to some segments of the journal and many batches.
const VISITING_MS: RangeInclusive<u64> = 20..=1_200;
/// From the first instruction until the drain has started with what the last run left.
const STARTING_MS: RangeInclusive<u64> = 0..=300;

#[test]
fn p2_kill_9_loses_no_click_and_repeats_none() {
    let data_dir = tempfile::tempdir().unwrap();
    torture(&command(data_dir.path()), cycles());
}

#[tokio::test]
async fn p2_kill_9_loses_no_click_and_repeats_none_on_database_servers() {
    for_each_server(async |database| {
        let data_dir = tempfile::tempdir().unwrap();
        let command = command(data_dir.path()).env("CURT_DATABASE_URL", database.url());
        torture(&command, cycles().min(CYCLES_ON_SERVERS));
    })
    .await;
}

#[expect(clippy::print_stdout, reason = "numbers for whoever runs many cycles")]
fn torture(command: &ServerCommand, cycles: u32) {
    let mut random = fastrand::Rng::with_seed(seed());
    let mut server = command.start();
    let mut visits = Visits::new(&server);
    let mut doubts_counted = 0;
    for cycle in 1..=cycles {
        let time = Duration::from_millis(random.u64(VISITING_MS));
        let before = visits.tally();
        visits.until_end(server, time, |server| {
            server.kill();
        });
        let after = visits.tally();
        let (sent, answered) = (after.sent - before.sent, after.answered - before.answered);
        assert!(sent - answered <= VISITORS as u64, "one request each is under way at most");

        let mut starting = command.spawn();
        starting.run_for(Duration::from_millis(random.u64(STARTING_MS)));
        starting.kill();
        server = command.start();
        let found = visits.settle(&server);
        doubts_counted += found;
        println!(
            "kill {cycle} of {cycles}: {sent} sent, {answered} answered, {found} more counted"
        );
    }
    let clicks = visits.tally().answered;
    println!("{clicks} clicks in {cycles} kills, {doubts_counted} of them unanswered");
    assert!(0 < clicks, "nobody followed anything");
    visits.assert_exact(&server);
}
