//! A store on a fresh database of each engine, and links to put into it.

use std::time::Duration;

use curt_domain::{
    Caller, Clock, Dates, Link, LinkId, ManualClock, RedirectStatus, Route, Tag, TargetUrl,
    Timestamp,
};
use curt_store::{Store, StoreMetrics, StoreSettings};
use futures_util::{StreamExt as _, stream};
use testkit::databases::for_each_engine;

/// The current time of all these tests, a day in 2025.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000)
}

/// So many milliseconds later.
pub(crate) fn later(millis: u64) -> Timestamp {
    now().plus(Duration::from_millis(millis))
}

pub(crate) async fn for_each_store(test: impl AsyncFn(&Store)) {
    for_each_engine(async |database| {
        let settings = StoreSettings::new(database.url().parse().unwrap());
        let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
        store.migrate(&Clock::Manual(ManualClock::new(now()))).await.unwrap();
        test(&store).await;
        store.close().await;
    })
    .await;
}

pub(crate) fn id(number: u64) -> LinkId {
    LinkId::new(number).unwrap()
}

pub(crate) fn target(text: &str) -> TargetUrl {
    TargetUrl::from_stored(text).unwrap()
}

pub(crate) fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| Tag::parse(name).unwrap()).collect()
}

/// A link with nothing special about it, created now.
pub(crate) fn link(number: u64, code: &str) -> Link {
    Link {
        id: id(number),
        code: code.parse().unwrap(),
        owner: None,
        target: target(&format!("https://example.com/page/{number}")),
        title: None,
        note: None,
        tags: Vec::new(),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled_at: None,
        deleted_at: None,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    }
}

/// The redirect's view of the link.
pub(crate) fn route(link: &Link) -> Route {
    Route {
        id: link.id,
        target: link.target.clone(),
        redirect_status: link.redirect_status,
        forward_query: link.forward_query,
        dates: link.dates,
        max_clicks: link.max_clicks,
        password: link.password.clone(),
        fallback: link.fallback.clone(),
        disabled: link.disabled_at.is_some(),
        abuse: false,
        revision: link.revision,
    }
}

pub(crate) async fn create(store: &Store, link: &Link) {
    store.create_link(&Caller::SYSTEM, link.clone(), None).await.unwrap();
}

/// Runs all of these, as many at a time as the store has connections.
pub(crate) async fn in_parallel<T>(
    work: impl IntoIterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    let at_a_time = curt_store::CONNECTIONS_MAX_DEFAULT as usize;
    stream::iter(work).buffer_unordered(at_a_time).collect().await
}
