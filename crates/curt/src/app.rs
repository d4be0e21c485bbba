//! The state that answers requests, made from the configuration: for a server, and for a command
//! that calls its own API.

use std::{net::SocketAddr, sync::Arc};

use curt_cache::{Limits, LinkCache};
use curt_domain::{Clock, CodeMaker};
use curt_store::Store;
use curt_web::{AdminKey, App, AppSettings, Bootstrap, Node};
use prometheus_client::registry::Registry;

use crate::{config::Config, keys::Keys};

/// What lets a caller without an account in.
pub(crate) struct Access {
    pub(crate) admin_key: AdminKey,
    pub(crate) bootstrap: Option<Bootstrap>,
}

/// The state of a node under the public name of the configuration.
pub(crate) fn app(
    config: &Config,
    keys: &Keys,
    access: Access,
    store: &Store,
    node: &Arc<Node>,
    address: SocketAddr,
    registry: &mut Registry,
) -> App {
    let settings = AppSettings {
        public_url: config.server.public_url(address),
        http: config.http.requests.clone(),
        links: config.links,
        pages: config.pages.clone(),
        auth: config.auth,
        admin_key: access.admin_key,
        bootstrap: access.bootstrap,
        secret: keys.secret.clone(),
    };
    let app = App::new(
        settings,
        store.clone(),
        LinkCache::new(config.cache, registry),
        CodeMaker::new(config.codes, &keys.secret),
        Arc::clone(node),
        Clock::System,
    );
    app.limiting(Limits::new(config.limits, Clock::System.instant(), registry))
}
