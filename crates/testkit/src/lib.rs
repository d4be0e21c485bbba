//! What tests share: servers that live as long as a test, and builders. A dev-dependency only.

pub mod databases;
pub mod history;
pub mod powercut;
pub mod server;
