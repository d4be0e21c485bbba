//! The program from outside: its output, its files, its exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod abuse;
mod accounts;
mod backup;
mod beside;
mod config;
mod counting;
mod data_dir;
mod database;
mod disk_full;
mod drain;
mod edge;
mod exchange;
mod help;
mod ip_blocks;
mod journal;
mod keys;
mod last_release;
mod links;
mod links_beside_a_server;
mod nodes;
mod priorities;
mod program;
mod qr;
mod readme;
mod start;
mod stats;
mod terminal;
mod torture;
mod upgrade;
