//! Clicks are counted exactly, whatever dies, fails or fills up (promise P2), and redirects go on
//! (P3).

mod databases;
mod faults;
mod nodes;
mod power_cut;
mod stopping;
mod torture;

use std::path::{Path, PathBuf};

use testkit::server::ServerCommand;

fn command(data_dir: &Path) -> ServerCommand {
    ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir)
}

/// The files of a journal.
fn segments(journal: &Path) -> Vec<PathBuf> {
    let listing = curt_journal::segments(journal).unwrap();
    listing.segments.into_iter().map(|segment| segment.path).collect()
}
