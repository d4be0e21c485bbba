//! SIGTERM under eight visitors: every redirect they got is counted before the program ends.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use testkit::{server::Server, sqlite_lock::WriteLock, visits::Visits};

use super::{command, segments};

const ROUNDS: u64 = 3;
pub(super) const VISITING: Duration = Duration::from_millis(250);
/// Far less than the 25 s that requests in flight may take.
const END_MAX: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(3);
/// What the end of a process takes in addition, on two cores with other tests.
const EXIT_MAX: Duration = Duration::from_secs(1);

#[test]
fn p2_sigterm_loses_no_click() {
    stop_under_load("process");
}

#[test]
fn p2_sigterm_loses_no_click_that_waits_for_the_disk() {
    stop_under_load("power");
}

/// With a request that never ends, and a database that accepts nothing.
#[test]
fn stopping_takes_no_longer_than_it_may() {
    let data_dir = tempfile::tempdir().unwrap();
    let limited = format!("{}s", TIMEOUT.as_secs());
    let server = command(data_dir.path()).env("CURT_SHUTDOWN__TIMEOUT", limited).start();
    let mut visits = Visits::new(&server);
    let lock = WriteLock::take(&data_dir.path().join("curt.db"));
    visits.follow(&server, 100);
    let head = server.client().head("POST", "/api/v1/urls", 100);
    let mut unfinished = TcpStream::connect(server.address()).unwrap();
    unfinished.write_all(head.as_bytes()).unwrap();

    let told = Instant::now();
    server.terminate();
    let exit = server.wait(END_MAX);
    assert!(told.elapsed() < TIMEOUT + EXIT_MAX, "{:?}: {}", told.elapsed(), exit.output);
    assert_eq!(exit.code, Some(0), "{}", exit.output);
    drop(lock);
    visits.assert_exact(&command(data_dir.path()).start());
}

fn stop_under_load(durability: &str) {
    let data_dir = tempfile::tempdir().unwrap();
    let command = command(data_dir.path()).env("CURT_JOURNAL__DURABILITY", durability);
    let mut server = command.start();
    let mut visits = Visits::new(&server);
    for round in 1..=ROUNDS {
        visits.until_end(server, VISITING * u32::try_from(round).unwrap(), |server| {
            stop(server);
            let uncounted = segments(&data_dir.path().join("journal"));
            assert!(uncounted.is_empty(), "{uncounted:?}");
        });
        server = command.start();
        visits.assert_exact(&server);
    }
    assert!(0 < visits.tally().answered, "nobody followed anything");
}

/// Stops the server, which has to exit successfully.
pub(super) fn stop(server: Server) {
    server.terminate();
    let exit = server.wait(END_MAX);
    assert_eq!(exit.code, Some(0), "{}", exit.output);
}
