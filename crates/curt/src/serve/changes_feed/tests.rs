//! Losing the database, for a moment and permanently.

use curt_cache::{CacheSettings, Lookup};
use curt_domain::{BlockKind, Caller, Clock, Code, Route, TargetRules, TargetUrl};
use curt_store::{NewIpBlock, StoreMetrics, StoreSettings};
use prometheus_client::registry::Registry;
use testkit::{
    databases::{TestDatabase, for_each_server},
    proxy::Proxy,
};

use super::*;

const CODE: &str = "remembered";

/// A feed on its own database, and the cache that it clears, with one link in it.
async fn feed(database: &TestDatabase, offline_max: Duration) -> ChangesFeed {
    feed_at(&database.url(), offline_max).await
}

async fn feed_at(url: &str, offline_max: Duration) -> ChangesFeed {
    let settings = StoreSettings::new(url.parse().unwrap());
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    let cache = Arc::new(LinkCache::new(CacheSettings::DEFAULT, &mut Registry::default()));
    let code: Code = CODE.parse().unwrap();
    let load = async { Ok::<_, StoreError>(Some(route())) };
    cache.get_or_load(&code, Clock::System.now(), load).await.unwrap();
    let node = Arc::new(Node::new(store.clone()));
    let target_blocks = TargetBlockList::new(store.clone(), Arc::default());
    let blocks = IpBlockList::new(store.clone(), Clock::System);
    ChangesFeed::start(store, cache, node, target_blocks, blocks, offline_max).await.unwrap()
}

fn route() -> Route {
    Route {
        id: curt_domain::LinkId::new(1).unwrap(),
        target: TargetUrl::parse("https://example.com/", &TargetRules::default()).unwrap(),
        redirect_status: curt_domain::RedirectStatus::default(),
        forward_query: false,
        dates: curt_domain::Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled: false,
        abuse: false,
        revision: 1,
    }
}

fn remembers(feed: &ChangesFeed) -> bool {
    matches!(feed.cache.get(CODE, Clock::System.now()), Some(Lookup::Found(_)))
}

#[tokio::test]
async fn a_node_that_loses_its_database_says_so_and_serves_what_it_has() {
    let database = TestDatabase::sqlite();
    let mut feed = feed(&database, Duration::from_hours(1)).await;
    feed.poll().await;
    assert!(feed.node.reaches_database());

    feed.store.close().await;
    feed.poll().await;
    assert!(!feed.node.reaches_database());
    assert!(remembers(&feed));
}

/// The store itself waits for twelve seconds.
#[tokio::test]
async fn a_connection_that_falls_silent_holds_the_feed_up_for_moments() {
    for_each_server(async |database| {
        let proxy = Proxy::before(&database.url());
        let mut feed = feed_at(proxy.url(), Duration::from_hours(1)).await;
        feed.poll().await;
        assert!(feed.node.reaches_database());
        proxy.silence();
        let silence = Instant::now();
        // Only the pool knows how many connections there were, and which comes first.
        loop {
            feed.poll().await;
            assert!(silence.elapsed() < Duration::from_secs(10), "it waits for one connection");
            if feed.node.reaches_database() {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_node_that_is_cut_off_for_too_long_forgets_what_it_had() {
    let database = TestDatabase::sqlite();
    let mut feed = feed(&database, Duration::ZERO).await;
    feed.poll().await;
    assert!(remembers(&feed), "it has just heard from the database");

    feed.store.close().await;
    feed.poll().await;
    assert!(!remembers(&feed));
}

#[tokio::test]
async fn blocks_are_read_again_when_somebody_changed_them() {
    let database = TestDatabase::sqlite();
    let mut feed = feed(&database, Duration::from_hours(1)).await;
    let client = "203.0.113.7".parse().unwrap();
    assert!(!feed.ip_blocks.is_blocked(client));
    let block = NewIpBlock {
        network: "203.0.113.0/24".parse().unwrap(),
        kind: BlockKind::Manual,
        reason: None,
        until: None,
    };
    let now = Clock::System.now();
    let added = feed.store.add_ip_block(block, &Caller::SYSTEM, now).await.unwrap();
    feed.poll().await;
    assert!(feed.ip_blocks.is_blocked(client));
    feed.store.lift_ip_block(added.id, &Caller::SYSTEM, now).await.unwrap();
    feed.poll().await;
    assert!(!feed.ip_blocks.is_blocked(client));
}
