//! The lists of the database that every node holds in memory, and how it reads them again.

pub(crate) mod abuse_feed;
pub(crate) mod automatic;
pub(crate) mod ip_blocks;
pub(crate) mod target_blocks;
