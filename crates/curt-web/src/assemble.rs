//! How the parts become a whole: the only place that knows both the state and the table of routes.

use std::sync::Arc;

use curt_cache::LinkCache;
use curt_domain::{Clock, CodeMaker};
use curt_store::Store;

use crate::{
    app::{App, AppSettings, FromRoutes},
    edge::front::Front,
    metrics::HttpMetrics,
    node::Node,
    openapi, routes,
};

impl App {
    pub fn new(
        settings: AppSettings,
        store: Store,
        cache: LinkCache,
        codes: CodeMaker,
        node: Arc<Node>,
        clock: Clock,
    ) -> Self {
        let routes =
            FromRoutes { reserved: routes::reserved_words(), make_document: openapi::make };
        Self::with_routes(settings, store, cache, codes, node, clock, routes)
    }
}

impl Front {
    /// Not for any connection yet; each gets its own from [`Front::for_peer`].
    pub fn new(app: App, metrics: HttpMetrics) -> Self {
        let router = routes::router(app.clone());
        Self::with_router(app, router, metrics)
    }
}
