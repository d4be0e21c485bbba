//! What becomes of a click after its redirect: read from the journal, judged, added up, stored.
//!
//! A redirect only appends to the journal. Here a thread of its own, the [`Drain`], counts what
//! stands there, and [`replay`] counts the journal of a server that is no more.
//!
//! - `agents`, `rate`, `skipped`: user agents seen lately, clicks per second, segments that are
//!   skipped
//! - `fold`, `depth`: sums in memory, and how far this process is counted
//! - `reading`, `watch`: one segment being read; how the drain is
//! - `counting`: a pass over the journal, from the marks to the store
//! - `metrics`: what the drain tells Prometheus
//! - `drain`, `replay`: counting for as long as the server runs, and once

mod agents;
mod counting;
mod depth;
mod drain;
mod fold;
mod metrics;
mod rate;
mod reading;
mod replay;
mod skipped;
#[cfg(test)]
mod testing;
mod watch;

pub use counting::PassError;
pub use drain::{Drain, DrainSettings, Finished};
pub use metrics::DrainMetrics;
pub use replay::{Replayed, rehearse, replay};
pub use watch::{DrainState, DrainWatch};
