//! What becomes of a click after its redirect: read from the journal, judged, added up, stored.
//!
//! A redirect only appends to the journal. Here a thread of its own, the [`Drain`], counts what
//! stands there, and [`replay`] counts the journal of a server that is no more.

mod agents;
mod counting;
mod depth;
mod drain;
mod fold;
mod left;
mod metrics;
mod rate;
mod reading;
mod replay;
#[cfg(test)]
mod testing;

pub use counting::PassError;
pub use drain::{Drain, DrainSettings, DrainState, DrainWatch, Finished};
pub use metrics::DrainMetrics;
pub use replay::{Replayed, rehearse, replay};
