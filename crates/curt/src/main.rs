//! The binary. Its rooms, each of which names only those above it in this list:
//!
//! - `visible`: what others wrote, made safe for a terminal
//! - `signals`: the first asks for an end, the second is one
//! - `failure`: why a command failed, in words and as an exit code
//! - `new_file`: files that appear whole or not at all
//! - `data_dir`: the data directory, ours alone
//! - `database`: the database, opened and brought up to date
//! - `logging`: the log on standard error
//! - `terminal`: the person at the terminal
//! - `keys`: the secret key and the admin key
//! - `backup`: copies of the database, and the way back from one
//! - `config`: the settings from all sources, checked whole
//! - `app`: the state that answers requests
//! - `api`: the API without a socket, for commands
//! - `serve`: a running server
//! - `commands`: the other subcommands
//! - `cli`: the command line

mod api;
mod app;
mod backup;
mod cli;
mod commands;
mod config;
mod data_dir;
mod database;
mod failure;
mod keys;
mod logging;
mod new_file;
mod serve;
mod signals;
mod terminal;
mod visible;

use std::process::ExitCode;

use clap::Parser as _;
use rustix::fs::Mode;

use crate::{cli::Cli, terminal::output};

/// Measured 16 to 47 % less per cache read than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages. The kernel zeroes one at its first use, and the redirects
    // of a worker stand still for milliseconds whenever its heap grows. Without them nothing was
    // slower, and less memory is used.
    rustix::thread::disable_transparent_huge_pages(true).ok();
    // Whatever file any part of the program creates, databases included, is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    Cli::parse().run().unwrap_or_else(|error| output::error(&error)).into()
}
