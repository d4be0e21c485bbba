//! The subcommands except `serve`: one file or folder for each noun.

pub(crate) mod accounts;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod database;
pub(crate) mod ip_blocks;
pub(crate) mod journal;
pub(crate) mod links;
mod lists;
mod outcome;
pub(crate) mod qr;
pub(crate) mod reports;
mod span;
pub(crate) mod stats;
pub(crate) mod target_blocks;
