//! HTTP: redirects, the JSON API, pages for visitors, health and metrics.
//!
//! [`Front`] answers redirects itself and hands everything else to the axum router of [`routes`];
//! [`Server`] owns the listener, the connections and how they end.

mod accounts;
mod admin_key;
mod analytics;
mod app;
mod audit;
mod auth;
mod blocking;
mod blocks;
mod body;
mod clicks;
mod clients;
mod destinations;
mod docs;
mod errors;
mod extract;
mod follow;
mod front;
mod headers;
mod health;
mod hosts;
mod ids;
mod invites;
mod kept;
mod keys;
mod limits;
mod links;
mod metrics;
mod mistakes;
mod node;
mod openapi;
mod pages;
mod reports;
mod request_ids;
mod routes;
mod server;
mod users;
mod visitors;

pub use admin_key::AdminKey;
pub use app::{
    App, AppSettings, CLIENT_IP_HEADER_DEFAULT, HttpSettings, LinkSettings, PageSettings,
};
pub use auth::{AuthSettings, BOOTSTRAP_AGE_MAX, Bootstrap, Registration};
pub use blocks::{AutomaticBlocks, BlockList};
pub use clicks::Counted;
pub use destinations::DestinationList;
pub use front::Front;
pub use links::{CHUNK_PASSWORDS_MAX, REPLAY_AGE_MAX};
pub use metrics::{HttpMetrics, MetricsPage, ProcessMemory};
pub use node::{BackupState, Node};
pub use server::{ConnectionSettings, Server, ShutdownSettings};
