//! The database lists that every node holds in memory, and how it reloads them.

pub(crate) mod abuse_feed;
pub(crate) mod automatic;
pub(crate) mod ip_blocks;
pub(crate) mod target_blocks;
