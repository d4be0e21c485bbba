//! The state that handlers share, in parts, so that a signature tells what an endpoint touches.

use std::sync::Arc;

use axum::extract::FromRef;
use curt_cache::{LimitSettings, Limits, LinkCache, TargetBlocks};
use curt_domain::{Clock, CodeMaker, ReservedWords, SecretKey};
use curt_store::Store;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    admin_key::AdminKey,
    auth::{Auth, AuthSettings, Bootstrap},
    clicks::{ClickPipeline, Clicks},
    document::{ApiDocument, MakeDocument},
    gate::Gate,
    ids::IdAllocator,
    lists::{
        abuse_feed::AbuseFeed, automatic::AutomaticBlocks, ip_blocks::IpBlockList,
        target_blocks::TargetBlockList,
    },
    node::Node,
    site::{HttpSettings, LinkSettings, PageSettings, Site, SiteSettings},
};

/// Concurrent bulk requests. Each may hold a body of `BULK_BODY_LEN_MAX` bytes
/// (`api/links/bulk.rs`) and an answer of that size in memory.
const BULK_REQUESTS_MAX: usize = 4;

/// QR images drawn at the same time; further requests wait. The largest takes a few milliseconds of
/// a core, and redirects need the others.
const QR_IMAGES_MAX: usize = 2;

/// Everything that [`App::new`] needs and does not make itself.
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
    /// The key that tokens and cookies are signed with.
    pub secret: SecretKey,
}

/// What is made from the table of routes, which is in a layer above.
pub(crate) struct FromRoutes {
    pub reserved: ReservedWords,
    pub make_document: MakeDocument,
}

/// The state of the router; clones share everything.
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
    pub target_blocks: TargetBlockList,
    pub(crate) gate: Gate,
    /// The clients that this node refuses; empty until it is reloaded.
    pub ip_blocks: IpBlockList,
    pub(crate) abuse_feed: AbuseFeed,
    /// Each bulk request holds a slot while it is answered.
    #[from_ref(skip)]
    pub(crate) bulk_slots: Arc<Semaphore>,
    /// Held while a QR image is drawn.
    #[from_ref(skip)]
    pub(crate) qr_slots: Arc<Semaphore>,
}

impl App {
    pub(crate) fn with_routes(
        settings: AppSettings,
        store: Store,
        cache: LinkCache,
        codes: CodeMaker,
        node: Arc<Node>,
        clock: Clock,
        routes: FromRoutes,
    ) -> Self {
        let auth = Arc::new(Auth::new(
            settings.auth,
            settings.admin_key.clone(),
            settings.bootstrap.clone(),
            &settings.secret,
            &settings.public_url,
        ));
        let target_blocks = Arc::new(TargetBlocks::default());
        let AppSettings { public_url, http, links, pages, .. } = settings;
        let settings = SiteSettings { public_url, http, links, pages };
        let site = Site::new(settings, Arc::clone(&target_blocks), routes.reserved);
        let site = Arc::new(site);
        let start = clock.instant();
        let ip_blocks = IpBlockList::new(store.clone(), clock.clone());
        let unlimited = Limits::new(LimitSettings::OFF, start, &mut Registry::default());
        let gate = Gate::new(unlimited, &ip_blocks, &site, &clock);
        Self {
            ids: IdAllocator::new(store.clone()),
            cache: Arc::new(cache),
            codes: Arc::new(codes),
            document: Arc::new(ApiDocument::new(Arc::clone(&site), routes.make_document)),
            site,
            auth,
            node,
            gate,
            ip_blocks,
            clock,
            clicks: Clicks::default(),
            target_blocks: TargetBlockList::new(store.clone(), target_blocks),
            store,
            abuse_feed: AbuseFeed::default(),
            bulk_slots: Arc::new(Semaphore::new(BULK_REQUESTS_MAX)),
            qr_slots: Arc::new(Semaphore::new(QR_IMAGES_MAX)),
        }
    }

    /// With this pipeline for clicks.
    #[must_use]
    pub fn counting(self, pipeline: ClickPipeline) -> Self {
        Self { clicks: Clicks::with_pipeline(pipeline), ..self }
    }

    /// With limits; without this call, every caller may ask without limit.
    #[must_use]
    pub fn limiting(self, limits: Limits) -> Self {
        let gate = Gate::new(limits, &self.ip_blocks, &self.site, &self.clock);
        Self { gate, ..self }
    }

    /// The task that blocks clients that go on after being refused often.
    pub fn automatic_blocks(&self) -> AutomaticBlocks {
        AutomaticBlocks {
            suspects: self.gate.suspects.clone(),
            list: self.ip_blocks.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            block_for: self.gate.limits.settings().block_for,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
