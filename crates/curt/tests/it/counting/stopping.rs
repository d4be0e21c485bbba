//! SIGTERM under eight visitors: what they got is what is counted, before the program ends.

use std::time::Duration;

use testkit::{server::Server, visits::Visits};

use super::{command, segments};

const ROUNDS: u64 = 3;
pub(super) const VISITING: Duration = Duration::from_millis(250);
/// Far less than the 25 s that requests in flight may take.
const END_MAX: Duration = Duration::from_secs(10);

#[test]
fn p2_sigterm_loses_no_click() {
    stop_under_load("process");
}

#[test]
fn p2_sigterm_loses_no_click_that_waits_for_the_disk() {
    stop_under_load("power");
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

/// Asks for its end, which has to be a good one.
pub(super) fn stop(server: Server) {
    server.terminate();
    let exit = server.wait(END_MAX);
    assert_eq!(exit.code, Some(0), "{}", exit.output);
}
