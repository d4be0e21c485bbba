//! What the handlers share, in few parts, so that a signature tells what an endpoint touches.

use std::sync::Arc;

use axum::extract::FromRef;
use curt_cache::LinkCache;
use curt_domain::{Clock, Code, CodeMaker, ReservedWords, TargetRules, TargetUrl};
use curt_store::Store;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    AdminKey, Node, ids::IdAllocator, links::BULK_REQUESTS_MAX, openapi::ApiDocument,
    routes::reserved_words,
};

/// Section `links` of the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkSettings {
    /// Whether links can be created without any key.
    pub anonymous_create: bool,
}

/// Section `pages` of the configuration.
#[derive(Debug, Clone, Default)]
pub struct PageSettings {
    /// Where `/` leads, in place of our own page.
    pub root_url: Option<TargetUrl>,
    /// Where people go who follow a link that does not exist, in place of our own page.
    pub not_found_url: Option<TargetUrl>,
}

/// What a deployment is to its visitors: its address, its rules and its pages.
#[derive(Debug)]
pub(crate) struct Site {
    /// Without a trailing slash.
    public_url: Box<str>,
    pub target_rules: TargetRules,
    pub reserved: ReservedWords,
    pub links: LinkSettings,
    pub pages: PageSettings,
}

impl Site {
    pub(crate) fn new(public_url: &Url, links: LinkSettings, pages: PageSettings) -> Self {
        Self {
            public_url: public_url.as_str().trim_end_matches('/').into(),
            target_rules: TargetRules::new([public_url]),
            reserved: reserved_words(),
            links,
            pages,
        }
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    pub(crate) fn short_url(&self, code: &Code) -> String {
        format!("{}/{code}", self.public_url)
    }
}

/// Everything [`App::new`] is made of, apart from what it makes itself.
#[derive(Debug)]
pub struct AppSettings {
    pub public_url: Url,
    pub links: LinkSettings,
    pub pages: PageSettings,
    pub admin_key: AdminKey,
}

/// The state of the router; cloning shares everything.
#[derive(Clone, FromRef)]
pub struct App {
    pub(crate) store: Store,
    pub cache: Arc<LinkCache>,
    pub(crate) codes: Arc<CodeMaker>,
    pub(crate) ids: IdAllocator,
    pub(crate) site: Arc<Site>,
    pub(crate) document: Arc<ApiDocument>,
    pub(crate) node: Arc<Node>,
    pub(crate) admin_key: AdminKey,
    pub(crate) clock: Clock,
    /// Held by each bulk request while it is answered.
    #[from_ref(skip)]
    pub(crate) bulk_slots: Arc<Semaphore>,
}

impl App {
    pub fn new(
        settings: AppSettings,
        store: Store,
        cache: LinkCache,
        codes: CodeMaker,
        node: Arc<Node>,
        clock: Clock,
    ) -> Self {
        let site = Site::new(&settings.public_url, settings.links, settings.pages);
        Self {
            ids: IdAllocator::new(store.clone()),
            store,
            cache: Arc::new(cache),
            codes: Arc::new(codes),
            document: Arc::new(ApiDocument::new(&site)),
            site: Arc::new(site),
            node,
            admin_key: settings.admin_key,
            clock,
            bulk_slots: Arc::new(Semaphore::new(BULK_REQUESTS_MAX)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
