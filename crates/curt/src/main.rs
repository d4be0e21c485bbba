//! The binary: command line, configuration, wiring, shutdown.

mod accounts;
mod api;
mod backup;
mod blocks;
mod changes_feed;
mod cli;
mod config;
mod counting;
mod data_dir;
mod database;
mod destinations;
mod failure;
mod journal;
mod keys;
mod lines;
mod links;
mod lists;
mod logging;
mod new_file;
mod node_id;
mod open_files;
mod output;
mod passwords;
mod problem;
mod progress;
mod qr;
mod refusal;
mod reports;
mod serve;
mod setup;
mod signals;
mod stats;
mod table;
mod upkeep;
mod visible;

use std::process::ExitCode;

use clap::Parser as _;
use rustix::fs::Mode;

use crate::cli::Cli;

/// Measured 16 to 47 % less per cache read than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages. The kernel zeroes one at its first use, and the redirects of a
    // worker stand still for milliseconds whenever its heap grows. Without them nothing was slower,
    // and less memory is used.
    rustix::thread::disable_transparent_huge_pages(true).ok();
    // Whatever file any part of the program creates, databases included, is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    Cli::parse().run().unwrap_or_else(|error| output::error(&error)).into()
}
