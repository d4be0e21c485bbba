//! The web layer on a real SQLite store: every test calls the front as the server does, but without
//! a socket, and moves the clock by hand. Attacks are named by their ID in `SECURITY.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answer;
mod app;
mod ask;
mod contract;
mod logs;
mod people;

mod aliases;
mod analytics;
mod bulk;
mod bulk_replays;
mod caching;
mod clicks;
mod creating;
mod deleting;
mod dry_runs;
mod editing;
mod errors;
mod finding;
mod floods;
mod following;
mod guards;
mod health;
mod history;
mod idempotency;
mod ip_blocks;
mod keys;
mod limited;
mod limits;
mod link_passwords;
mod lists;
mod logins;
mod matrix;
mod meanwhile;
mod metrics;
mod numbers;
mod openapi;
mod pages;
mod preview;
mod qr;
mod registering;
mod reports;
mod sessions;
mod setup;
mod target_blocks;
mod targets;
