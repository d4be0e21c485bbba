//! A power cut after clicks were counted: what the disk has lost of the journal hides no new click.
//!
//! The simulation does not follow `msync`, so only the headers of mapped segments remain, which is
//! the worst case. `curt_analytics` tests what a disk may have kept of them.

use testkit::{
    powercut::PowerCut,
    visits::{Pace, Visits, await_counted},
};

use super::command;

const CUTS: usize = 3;

#[test]
fn p2_a_power_cut_after_the_count_hides_no_new_click() {
    let mut power_cut = PowerCut::new();
    let start = |power_cut: &PowerCut| {
        let command = command(&power_cut.data_dir());
        power_cut
            .env()
            .into_iter()
            .fold(command, |command, (name, value)| command.env(name, value))
            .start()
    };
    let mut server = start(&power_cut);
    let mut visits = Visits::new(&server);
    for _ in 0..CUTS {
        visits.follow(&server, 1_000);
        // Committed, and still in segments that are being written.
        visits.during(&server, Pace::Busy, || await_counted(&server));
        visits.assert_exact(&server);
        server.kill();
        power_cut.cut();
        server = start(&power_cut);
        visits.assert_exact(&server);
    }
}
