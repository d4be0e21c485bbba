//! The binary: command line, configuration, wiring, shutdown.

mod changes_feed;
mod cli;
mod config;
mod data_dir;
mod database;
mod keys;
mod logging;
mod node_id;
mod output;
mod refusal;
mod serve;
mod signals;
mod upkeep;

use std::process::ExitCode;

use clap::Parser as _;
use rustix::fs::Mode;

use crate::{
    cli::Cli,
    refusal::{EXIT_REFUSED, Refusal},
};

/// Measured 16 to 47 % less per cache read than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever file any part of the program creates, databases included, is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    Cli::parse().run().unwrap_or_else(|error| report(&error))
}

fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        output::refusal(refusal);
        return ExitCode::from(EXIT_REFUSED);
    }
    output::failure(error);
    ExitCode::FAILURE
}
