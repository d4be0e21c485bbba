//! The binary: command line, configuration, wiring, shutdown.

mod cli;
mod config;
mod data_dir;
mod keys;
mod logging;
mod output;
mod refusal;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;
use rustix::fs::Mode;

use crate::{
    cli::Cli,
    refusal::{EXIT_REFUSED, Refusal},
};

fn main() -> ExitCode {
    // Whatever file any part of the program creates, databases included, is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) => {
                output::refusal(refusal);
                ExitCode::from(EXIT_REFUSED)
            }
            None => {
                output::failure(&error);
                ExitCode::FAILURE
            }
        },
    }
}
