//! What the store promises, tried on every engine that is there: SQLite always, PostgreSQL and
//! MySQL where their addresses are set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bulk;
mod changes;
mod clicks;
mod deletions;
mod edits;
mod erasure;
mod ids;
mod links;
mod lists;
mod meta;
mod races;
mod replays;
mod stores;
