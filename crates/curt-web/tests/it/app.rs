//! A whole node in its own directory, with a method for every endpoint.

use std::{net::IpAddr, num::NonZeroUsize, path::Path, sync::Arc};

use curt_analytics::DrainWatch;
use curt_cache::{CacheSettings, LimitSettings, Limits, LinkCache};
use curt_domain::{
    Bucket, Click, ClickClass, ClickSource, ClickTotals, Clock, CodeMaker, CodeSettings, LinkId,
    ManualClock, Privacy, SecretKey, Timestamp,
};
use curt_journal::{Durability, Journal, JournalSettings, Liveness, Mark, SegmentReader};
use curt_store::{ClickBatch, DatabaseUrl, LinkClicks, Store, StoreMetrics, StoreSettings};
use curt_web::{
    AdminKey, App, AppSettings, AuthSettings, AutomaticBlocks, Bootstrap, ClickPipeline, Front,
    HttpMetrics, HttpSettings, IpBlockList, LinkSettings, Node, PageSettings, TargetBlockList,
};
use http::Method;
use prometheus_client::{encoding::text::encode, registry::Registry};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::metrics::metric;

use crate::{answer::Answer, ask::Ask};

pub(crate) const ADMIN_KEY: &str = "an administrator's key of more than forty characters";
pub(crate) const PUBLIC_URL: &str = "https://sho.rt";

/// The directory of a node's clicks, beside its database.
const JOURNAL: &str = "journal";

/// When every test begins.
pub(crate) const START: &str = "2026-01-31T12:00:00.000Z";

/// Settings that a test may change.
pub(crate) struct TestSettings {
    pub(crate) public_url: &'static str,
    pub(crate) http: HttpSettings,
    pub(crate) links: LinkSettings,
    pub(crate) pages: PageSettings,
    pub(crate) auth: AuthSettings,
    pub(crate) bootstrap: Option<Bootstrap>,
    pub(crate) codes: CodeSettings,
    pub(crate) cache: CacheSettings,
    /// Nothing is limited unless a test asks for it.
    pub(crate) limits: LimitSettings,
    /// Clicks are written down if this is set.
    pub(crate) clicks: Option<Durability>,
}

impl Default for TestSettings {
    fn default() -> Self {
        Self {
            public_url: PUBLIC_URL,
            http: HttpSettings::default(),
            links: LinkSettings::default(),
            pages: PageSettings::default(),
            auth: AuthSettings::default(),
            bootstrap: None,
            codes: CodeSettings::DEFAULT,
            cache: CacheSettings::DEFAULT,
            limits: LimitSettings::OFF,
            clicks: None,
        }
    }
}

pub(crate) struct TestApp {
    pub(crate) clock: ManualClock,
    pub(crate) node: Arc<Node>,
    pub(crate) store: Store,
    pub(crate) target_blocks: TargetBlockList,
    pub(crate) ip_blocks: IpBlockList,
    pub(crate) automatic_blocks: AutomaticBlocks,
    front: Front,
    host: String,
    registry: Registry,
    directory: Arc<TempDir>,
}

/// Constant, so that generated codes are, too.
pub(crate) fn secret() -> SecretKey {
    SecretKey::new(&[7; 32]).unwrap()
}

fn counted(directory: &Path, durability: Durability) -> ClickPipeline {
    let settings = JournalSettings::new(directory.join(JOURNAL), NonZeroUsize::MIN);
    let settings = JournalSettings { durability, ..settings };
    let journal = Arc::new(Journal::open(settings, Clock::System).unwrap());
    ClickPipeline { journal, drain: DrainWatch::default() }
}

/// A click as written in the journal, with comparable texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrittenClick {
    pub(crate) link: u64,
    pub(crate) at: Timestamp,
    pub(crate) decided: Option<ClickClass>,
    pub(crate) client: IpAddr,
    pub(crate) privacy: Privacy,
    pub(crate) source: ClickSource,
    /// User agent, referrer, languages, UTM source and campaign.
    pub(crate) texts: [String; 5],
}

impl From<Click<'_>> for WrittenClick {
    fn from(click: Click<'_>) -> Self {
        let Click { user_agent, referrer, language, query, .. } = click;
        let texts = [user_agent, referrer, language, query.utm_source, query.utm_campaign];
        Self {
            link: click.link.get(),
            at: click.at,
            decided: click.decided,
            client: click.client,
            privacy: click.privacy,
            source: query.source,
            texts: texts.map(|text| String::from_utf8(text.to_vec()).unwrap()),
        }
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut TestSettings)) -> Self {
        let mut settings = TestSettings::default();
        change(&mut settings);
        Self::open(Arc::new(TempDir::new().unwrap()), settings).await
    }

    /// Another node with the same database, which is not told what this one does.
    pub(crate) async fn neighbour(&self) -> Self {
        Self::open(Arc::clone(&self.directory), TestSettings::default()).await
    }

    async fn open(directory: Arc<TempDir>, settings: TestSettings) -> Self {
        let mut registry = Registry::default();
        let database = StoreSettings::new(DatabaseUrl::sqlite(directory.path().join("curt.db")));
        let metrics = StoreMetrics::register(&mut registry);
        let store = Store::connect(&database, metrics).await.unwrap();
        let clock = ManualClock::new(START.parse().unwrap());
        store.migrate(&Clock::Manual(clock.clone())).await.unwrap();
        let node = Arc::new(Node::new(store.clone()));
        let public_url: url::Url = settings.public_url.parse().unwrap();
        let app = App::new(
            AppSettings {
                public_url: public_url.clone(),
                http: settings.http,
                links: settings.links,
                pages: settings.pages,
                auth: settings.auth,
                admin_key: AdminKey::new(ADMIN_KEY),
                bootstrap: settings.bootstrap,
                secret: secret(),
            },
            store.clone(),
            LinkCache::new(settings.cache, &mut registry),
            CodeMaker::new(settings.codes, &secret()),
            Arc::clone(&node),
            Clock::Manual(clock.clone()),
        );
        let app = app.limiting(Limits::new(settings.limits, clock.instant(), &mut registry));
        let app = match settings.clicks {
            Some(durability) => app.counting(counted(directory.path(), durability)),
            None => app,
        };
        let target_blocks = app.target_blocks.clone();
        let (ip_blocks, automatic_blocks) = (app.ip_blocks.clone(), app.automatic_blocks());
        let front = Front::new(app, HttpMetrics::new(&mut registry));
        let host = public_url.host_str().unwrap().to_owned();
        Self {
            clock,
            node,
            store,
            target_blocks,
            ip_blocks,
            automatic_blocks,
            front,
            host,
            registry,
            directory,
        }
    }

    /// What a second reader of the journal finds in it now.
    pub(crate) fn written_clicks(&self) -> Vec<WrittenClick> {
        let mut clicks = Vec::new();
        for segment in
            curt_journal::segments(&self.directory.path().join(JOURNAL)).unwrap().segments
        {
            let mut reader = SegmentReader::open(&segment, Mark::default()).unwrap();
            let mut keep = |record: &[u8]| {
                clicks.push(WrittenClick::from(Click::decode(record).unwrap()));
            };
            reader.next_batch(u64::MAX, Liveness::Live, &mut keep).unwrap();
        }
        clicks
    }

    /// Any request, without a key and without any header that describes a client.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        self.ask_at(&self.front, method, path)
    }

    /// Any request from that address.
    pub(crate) fn ask_from(&self, peer: &str, method: &str, path: &str) -> Ask {
        self.ask_at(&self.front.for_peer(peer.parse().unwrap()), method, path)
    }

    fn ask_at(&self, front: &Front, method: &str, path: &str) -> Ask {
        Ask::new(front, &self.host, Method::from_bytes(method.as_bytes()).unwrap(), path)
    }

    fn ask_as_admin(&self, method: &str, path: &str) -> Ask {
        self.ask(method, path).key(ADMIN_KEY)
    }

    pub(crate) fn create(&self, body: &Value) -> Ask {
        self.ask_as_admin("POST", "/api/v1/urls").json(body)
    }

    /// Creates many links.
    pub(crate) fn create_bulk(&self, links: &Value) -> Ask {
        self.ask_as_admin("POST", "/api/v1/urls/bulk").json(&json!({ "links": links }))
    }

    /// The same as a dry run.
    pub(crate) fn try_bulk(&self, links: &Value) -> Ask {
        let ask = self.ask_as_admin("POST", "/api/v1/urls/bulk?dry_run=true");
        ask.json(&json!({ "links": links }))
    }

    /// The list, with this query.
    pub(crate) fn links(&self, query: &str) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/urls?{query}"))
    }

    pub(crate) fn link(&self, id: u64) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/urls/{id}"))
    }

    pub(crate) fn edit(&self, id: u64, body: &Value) -> Ask {
        self.ask_as_admin("PATCH", &format!("/api/v1/urls/{id}")).json(body)
    }

    pub(crate) fn delete(&self, id: u64) -> Ask {
        self.ask_as_admin("DELETE", &format!("/api/v1/urls/{id}"))
    }

    pub(crate) fn restore(&self, id: u64) -> Ask {
        self.ask_as_admin("POST", &format!("/api/v1/urls/{id}/restore"))
    }

    pub(crate) fn history(&self, id: u64, query: &str) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/urls/{id}/history?{query}"))
    }

    /// The click summary of a link, with this query.
    pub(crate) fn summary(&self, code: &str, query: &str) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/analytics/{code}/summary?{query}"))
    }

    pub(crate) fn series(&self, code: &str, query: &str) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/analytics/{code}/timeseries?{query}"))
    }

    /// Adds clicks to a link, all at that time.
    pub(crate) async fn count(&self, id: u64, at: &str, totals: ClickTotals) {
        let last_at: Timestamp = at.parse().unwrap();
        let link = LinkId::new(id).unwrap();
        let clicks = vec![LinkClicks { link, bucket: Bucket::of(last_at), totals, last_at }];
        self.store.add_clicks(ClickBatch { clicks, ..ClickBatch::default() }).await.unwrap();
    }

    /// Blocks a destination.
    pub(crate) fn block(&self, pattern: &str) -> Ask {
        let ask = self.ask_as_admin("POST", "/api/v1/admin/target-blocks");
        ask.json(&json!({ "pattern": pattern }))
    }

    pub(crate) fn unblock(&self, id: u64) -> Ask {
        self.ask_as_admin("DELETE", &format!("/api/v1/admin/target-blocks/{id}"))
    }

    /// The list of blocked destinations, with this query.
    pub(crate) fn target_blocks(&self, query: &str) -> Ask {
        self.ask_as_admin("GET", &format!("/api/v1/admin/target-blocks?{query}"))
    }

    /// As a person's browser sends it.
    pub(crate) fn visit_with(&self, method: &str, path: &str) -> Ask {
        self.ask(method, path).by_browser()
    }

    /// `GET`, as a person's browser sends it.
    pub(crate) fn visit(&self, path: &str) -> Ask {
        self.ask("GET", path).by_browser()
    }

    /// Creates a link with this alias, this target and these extra fields; returns its id.
    pub(crate) async fn shorten(&self, alias: &str, target: &str, more: Value) -> u64 {
        let mut body = json!({ "custom_alias": alias, "original_url": target });
        let Value::Object(more) = more else { panic!("{more} is no object") };
        body.as_object_mut().unwrap().extend(more);
        self.create(&body).await.ok(201)["id"].as_u64().unwrap()
    }

    /// How many links there are, page by page.
    pub(crate) async fn link_count(&self) -> usize {
        let mut count = 0;
        let mut query = "limit=200".to_owned();
        loop {
            let page = self.links(&query).await.ok(200);
            count += page["items"].as_array().unwrap().len();
            let Some(cursor) = page["next_cursor"].as_str() else { return count };
            query = format!("limit=200&cursor={cursor}");
        }
    }

    /// What a scraper reads.
    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        text
    }

    /// The value of this series; 0 if nothing was counted in it yet.
    pub(crate) fn metric(&self, series: &str) -> u64 {
        metric(&self.metrics(), series).unwrap_or(0)
    }
}

/// This many clicks by people, and no others.
pub(crate) fn people(human: u64) -> ClickTotals {
    ClickTotals { human, ..ClickTotals::default() }
}

/// The codes of a list's items, in order.
pub(crate) fn codes(list: &Answer) -> Vec<String> {
    let list = list.ok(200);
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["short_code"].as_str().unwrap().to_owned()).collect()
}
