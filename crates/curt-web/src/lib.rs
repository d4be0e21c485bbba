//! HTTP: redirects, the JSON API, pages for visitors, health and metrics.
//!
//! [`Front`] answers redirects itself and passes everything else to the axum router of `routes`;
//! [`Server`] owns the listener, the connections and how they end.
//!
//! The rooms, from the ground up; each names only those above it in this list:
//!
//! - `admin_key`, `ids`, `memo`, `metrics`, `visitors`: small building blocks
//! - `clicks`, `node`: writing clicks down, and whether this node should get traffic
//! - `response`: problems with their codes, and the headers that answers share
//! - `blocking`: work on threads that redirects do not use
//! - `site`: the address, the names and the rules of this server, and how it finds the client
//! - `request`: bodies, fields, extractors, and what the OpenAPI document says about them
//! - `lists`: the parts of the database that this node holds in memory, and how it reloads them
//! - `pages`: statuses and headers around the HTML of curt-ui
//! - `gate`: limits and blocks
//! - `document`: the OpenAPI document of a site, made on demand
//! - `auth`: who a caller is, and what the caller may do
//! - `app`: the state that handlers share
//! - `admission`: which requests to the API are let in
//! - `api`: the handlers, one folder per noun
//! - `edge`: what every request passes first, and the redirect
//! - `ui`: what users see in a browser
//! - `server`: sockets, time limits, and the shutdown
//! - `routes`: the table of contents
//! - `openapi`: the document made from it
//! - `assemble`: how the parts become a whole

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
