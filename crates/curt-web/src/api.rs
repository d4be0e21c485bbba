//! The JSON API: one folder per noun, with its handlers, its wire types and its half of the schema.

pub(crate) mod accounts;
pub(crate) mod analytics;
pub(crate) mod audit;
pub(crate) mod document;
pub(crate) mod health;
pub(crate) mod invites;
pub(crate) mod ip_blocks;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod reports;
pub(crate) mod target_blocks;
pub(crate) mod users;
