//! Clicks are counted exactly once, whatever happens between the journal and the database: real
//! journals, real stores, on every engine that is there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod clocks;
mod damage;
mod depth;
mod exactness;
mod journals;
mod power_cuts;
mod replays;
mod stores;
