//! A whole app for the unit tests of the layers around it.

use std::{path::Path, sync::Arc};

use curt_cache::{CacheSettings, LinkCache};
use curt_domain::{Clock, CodeMaker, CodeSettings, SecretKey};
use curt_store::{DatabaseUrl, Store, StoreMetrics, StoreSettings};
use prometheus_client::registry::Registry;

use super::{App, AppSettings, HttpSettings, LinkSettings, PageSettings};
use crate::{AuthSettings, admin_key::AdminKey, node::Node};

/// An app that lets anyone create links, with its database in this directory.
pub(crate) async fn open_app(directory: &Path) -> App {
    let database = StoreSettings::new(DatabaseUrl::sqlite(directory.join("curt.db")));
    let store = Store::connect(&database, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    let node = Arc::new(Node::new(store.clone()));
    let cache = LinkCache::new(CacheSettings::DEFAULT, &mut Registry::default());
    let codes = CodeMaker::new(CodeSettings::DEFAULT, &SecretKey::new(&[7; 32]).unwrap());
    App::new(settings(), store, cache, codes, node, Clock::System)
}

fn settings() -> AppSettings {
    AppSettings {
        public_url: "https://sho.rt".parse().unwrap(),
        http: HttpSettings::default(),
        links: LinkSettings { anonymous_create: true },
        pages: PageSettings::default(),
        auth: AuthSettings::default(),
        admin_key: AdminKey::new("the key of the administrator"),
        bootstrap: None,
        secret: SecretKey::new(&[7; 32]).unwrap(),
    }
}
