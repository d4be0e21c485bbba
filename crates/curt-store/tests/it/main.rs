//! What the store promises, tried on every engine that is there: SQLite always, PostgreSQL and
//! MySQL where their addresses are set.

mod changes;
mod edits;
mod erasure;
mod ids;
mod links;
mod lists;
mod meta;
mod races;
mod replays;
mod stores;
