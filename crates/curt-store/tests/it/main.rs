//! The store's promises, tested on every available engine: SQLite always, PostgreSQL and MySQL if
//! their addresses are set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod actions;
mod audit;
mod bulk;
mod changes;
mod clicks;
mod deletions;
mod edits;
mod erasure;
mod ids;
mod ip_blocks;
mod keys;
mod links;
mod lists;
mod logins;
mod meta;
mod owners;

mod races;
mod replays;
mod reports;
mod stores;
mod target_blocks;
mod users;
