//! What happens to a click after its redirect: it is read from the journal, classified, added up
//! and stored.
//!
//! A redirect only appends to the journal. Here a separate thread, the [`Drain`], counts the clicks
//! in the journal, and [`replay`] counts the journal of a server that is gone.
//!
//! - `agents`, `rate`, `skipped`: recent user agents, clicks per second, segments that are skipped
//! - `fold`, `depth`: sums in memory, and how far this process is counted
//! - `reading`, `watch`: one segment being read; the drain's state
//! - `counting`: a pass over the journal, from the marks to the store
//! - `metrics`: the drain's Prometheus metrics
//! - `drain`, `replay`: counting as long as the server runs, and once

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
