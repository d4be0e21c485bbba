//! Everyday tasks of the workspace, as `cargo xtask TASK`.
//!
//! All of them run without database servers and, once the crates are fetched, without a network;
//! only `fuzz-api` fetches more, and `last-release` fetches the crates of that release.
//! `scripts/test` runs the tests on PostgreSQL and MariaDB.

#![expect(clippy::print_stderr, reason = "telling people is what a task runner is for")]

mod cargo;
mod check;
mod deny;
mod fuzz;
mod fuzz_api;
mod last_release;
mod problems;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Everyday tasks of the workspace"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Copy, Subcommand)]
enum Task {
    /// Run everything CI runs that needs no servers: `lint`, then the tests on SQLite
    Check,
    /// Run what CI runs before the tests: rustfmt, clippy, `tidy`, `deny`
    Lint,
    /// Check the rules of the house that no compiler knows
    Tidy,
    /// Check licences, sources, bans and duplicates of all dependencies against deny.toml
    Deny,
    /// Write docs/configuration.md from what the program says about itself
    ConfigReference,
    /// Measure what each part of a redirect costs, without sockets
    Layers,
    /// Feed targets, proxies' headers, codes and the journal what nobody would think of
    Fuzz {
        /// For how long each
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Only this one
        target: Option<fuzz::Fuzzed>,
    },
    /// Kill the server at random moments, again and again, and look for what it lost; and run the
    /// journal's tests with the address sanitizer
    Torture {
        /// How many times the server is started and killed
        #[arg(long, default_value_t = 200)]
        cycles: u32,
    },
    /// Run the last release and the program of today together on one database
    LastRelease {
        /// Only build the last release, from the history, and print where its program is
        #[arg(long)]
        build: bool,
    },
    /// Send a private server what its OpenAPI document allows and forbids, and look at the answers
    FuzzApi {
        /// How long it goes on, half of it with the administrator's key
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=600))]
        minutes: u32,
        /// Sends the same requests again
        #[arg(long)]
        seed: Option<u32>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let root = cargo::workspace_root();
    match task {
        Task::Check => check::check(root),
        Task::Lint => check::lint(root),
        Task::Tidy => problems::report(&tidy::problems(root)?),
        Task::Deny => problems::report(&deny::problems(root)?),
        Task::ConfigReference => check::write_config_reference(root),
        Task::Layers => check::layers(root),
        Task::Fuzz { seconds, target } => fuzz::fuzz(root, seconds, target),
        Task::Torture { cycles } => check::torture(root, cycles),
        Task::LastRelease { build: false } => last_release::run(root),
        Task::LastRelease { build: true } => last_release::build_and_tell(root),
        Task::FuzzApi { minutes, seed } => fuzz_api::run(root, minutes, seed),
    }
}
