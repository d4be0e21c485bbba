//! Clicks are counted exactly once, whatever happens between the journal and the database. Uses
//! real journals and real stores, on every available engine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod clocks;
mod damage;
mod depth;
mod exactness;
mod journals;
mod power_cuts;
mod replays;
mod stores;
