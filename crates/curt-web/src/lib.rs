//! HTTP: redirects, the JSON API, pages for visitors, health and metrics.
//!
//! [`Front`] answers redirects itself and hands everything else to the axum router of [`routes`];
//! [`Server`] owns the listener, the connections and how they end.

mod admin_key;
mod admission;
mod api;
mod app;
mod assemble;
mod auth;
mod blocking;
mod clicks;
mod document;
mod edge;
mod gate;
mod ids;
mod lists;
mod memo;
mod metrics;
mod node;
mod openapi;
mod pages;
mod request;
mod response;
mod routes;
mod server;
mod site;
mod ui;
mod visitors;

pub use admin_key::AdminKey;
pub use api::links::{bulk::body::CHUNK_PASSWORDS_MAX, create::REPLAY_AGE_MAX};
pub use app::{App, AppSettings};
pub use auth::{AuthSettings, BOOTSTRAP_AGE_MAX, Bootstrap, Registration};
pub use clicks::ClickPipeline;
pub use edge::front::Front;
pub use lists::{
    automatic::AutomaticBlocks, ip_blocks::IpBlockList, target_blocks::TargetBlockList,
};
pub use metrics::{HttpMetrics, MetricsPage, ProcessMemory};
pub use node::{BackupState, Node};
pub use server::{ConnectionSettings, Server, ShutdownSettings};
pub use site::{CLIENT_IP_HEADER_DEFAULT, HttpSettings, LinkSettings, PageSettings};
