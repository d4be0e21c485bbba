//! Shared by tests: databases and servers that live as long as a test, the history of acknowledged
//! writes, the tally of visits, a simulated power cut, a wrong clock, and other faults. A
//! dev-dependency only.

pub mod clock;
pub mod databases;
pub mod history;
pub mod metrics;
pub mod powercut;
pub mod proxy;
pub mod server;
mod shim;
pub mod sqlite_lock;
pub mod visits;
