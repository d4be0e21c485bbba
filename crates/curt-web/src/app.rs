//! What the handlers share, in few parts, so that a signature tells what an endpoint touches.

use std::{sync::Arc, time::Duration};

use axum::{extract::FromRef, http::HeaderName};
use curt_cache::{LimitSettings, Limits, LinkCache, TargetBlocks};
use curt_domain::{
    Clock, Code, CodeMaker, Proxies, ReservedWords, SecretKey, TargetRules, TargetUrl,
};
use curt_store::Store;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    AdminKey, AutomaticBlocks, BlockList, DestinationList, Node,
    auth::{Auth, AuthSettings, Bootstrap},
    clicks::{Clicks, Counted},
    clients::ClientRules,
    hosts::Hosts,
    ids::IdAllocator,
    limits::Gate,
    links::{BULK_REQUESTS_MAX, QR_IMAGES_MAX},
    openapi::ApiDocument,
    reports::AbuseFeed,
    routes::reserved_words,
};

/// Section `links` of the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkSettings {
    /// Whether links can be created without any key.
    pub anonymous_create: bool,
}

/// What most proxies append to.
pub const CLIENT_IP_HEADER_DEFAULT: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Section `http` of the configuration, as far as requests are concerned.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Other names of this server than that of its public URL.
    pub allowed_hosts: Vec<Url>,
    /// Whose word about the client is taken.
    pub trusted_proxies: Proxies,
    /// Where they give it.
    pub client_ip_header: HeaderName,
    /// Time for the body of a request, which grows with what has arrived of it.
    pub body_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            trusted_proxies: Proxies::default(),
            client_ip_header: CLIENT_IP_HEADER_DEFAULT,
            body_timeout: Duration::from_secs(8),
        }
    }
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
    pub hosts: Hosts,
    pub clients: ClientRules,
    pub body_timeout: Duration,
    pub target_rules: TargetRules,
    /// Where no link may lead, for now.
    pub target_blocks: Arc<TargetBlocks>,
    pub reserved: ReservedWords,
    pub links: LinkSettings,
    pub pages: PageSettings,
}

impl Site {
    fn new(settings: AppSettings, target_blocks: Arc<TargetBlocks>) -> Self {
        let AppSettings { public_url, http, links, pages, .. } = settings;
        let own = std::iter::once(&public_url).chain(&http.allowed_hosts);
        Self {
            target_rules: TargetRules::new(own),
            target_blocks,
            hosts: Hosts::new(&public_url, &http.allowed_hosts),
            clients: ClientRules::new(http.trusted_proxies, http.client_ip_header),
            body_timeout: http.body_timeout,
            public_url: public_url.as_str().trim_end_matches('/').into(),
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
    pub http: HttpSettings,
    pub links: LinkSettings,
    pub pages: PageSettings,
    pub auth: AuthSettings,
    pub admin_key: AdminKey,
    /// How the first administrator may be made, while there is none.
    pub bootstrap: Option<Bootstrap>,
    /// What tokens and cookies are signed with.
    pub secret: SecretKey,
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
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Clock,
    pub(crate) clicks: Clicks,
    pub destinations: DestinationList,
    pub(crate) gate: Gate,
    /// Whom this node refuses; empty until it is reloaded.
    pub block_list: BlockList,
    pub(crate) abuse_feed: AbuseFeed,
    /// Held by each bulk request while it is answered.
    #[from_ref(skip)]
    pub(crate) bulk_slots: Arc<Semaphore>,
    /// Held while the image of a QR code is drawn.
    #[from_ref(skip)]
    pub(crate) qr_slots: Arc<Semaphore>,
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
        let auth = Arc::new(Auth::new(
            settings.auth,
            settings.admin_key.clone(),
            settings.bootstrap.clone(),
            &settings.secret,
            &settings.public_url,
        ));
        let target_blocks = Arc::new(TargetBlocks::default());
        let site = Arc::new(Site::new(settings, Arc::clone(&target_blocks)));
        let start = clock.instant();
        let block_list = BlockList::new(store.clone(), clock.clone());
        let unlimited = Limits::new(LimitSettings::OFF, start, &mut Registry::default());
        let gate = Gate::new(unlimited, &block_list, &site, &clock);
        Self {
            ids: IdAllocator::new(store.clone()),
            cache: Arc::new(cache),
            codes: Arc::new(codes),
            document: Arc::new(ApiDocument::new(Arc::clone(&site))),
            site,
            auth,
            node,
            gate,
            block_list,
            clock,
            clicks: Clicks::default(),
            destinations: DestinationList::new(store.clone(), target_blocks),
            store,
            abuse_feed: AbuseFeed::default(),
            bulk_slots: Arc::new(Semaphore::new(BULK_REQUESTS_MAX)),
            qr_slots: Arc::new(Semaphore::new(QR_IMAGES_MAX)),
        }
    }

    /// With clicks that are counted there.
    #[must_use]
    pub fn counting(self, counted: Counted) -> Self {
        Self { clicks: Clicks::counted_by(counted), ..self }
    }

    /// With limits; without this, everybody may ask as often as they like.
    #[must_use]
    pub fn limiting(self, limits: Limits) -> Self {
        let gate = Gate::new(limits, &self.block_list, &self.site, &self.clock);
        Self { gate, ..self }
    }

    /// The task that blocks whoever goes on after having been refused often.
    pub fn automatic_blocks(&self) -> AutomaticBlocks {
        AutomaticBlocks {
            suspects: self.gate.suspects.clone(),
            list: self.block_list.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            block_for: self.gate.limits.settings().block_for,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
