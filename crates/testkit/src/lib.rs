//! What tests share: databases and servers that live as long as a test, the history of what was
//! acknowledged, and a simulated power cut. A dev-dependency only.

pub mod databases;
pub mod history;
pub mod powercut;
pub mod server;
