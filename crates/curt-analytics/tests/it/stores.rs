//! A store on a fresh database of each engine, and the clicks counted in it.

use curt_domain::{
    Access, Caller, Clock, Dates, Link, LinkId, ManualClock, RedirectStatus, Span, TargetUrl,
    Timestamp,
};
use curt_store::{ClickLosses, Store, StoreMetrics, StoreSettings};
use testkit::databases::{TestDatabase, for_each_engine};

/// How many links there are.
pub(crate) const LINKS: u64 = 5;

/// The current time of all these tests, a day in 2025.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000)
}

pub(crate) fn clock() -> Clock {
    Clock::Manual(ManualClock::new(now()))
}

pub(crate) fn id(number: u64) -> LinkId {
    LinkId::new(number).unwrap()
}

pub(crate) async fn connect(database: &TestDatabase) -> Store {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap()
}

/// A store with all its tables and some links, and the database it is on.
pub(crate) async fn for_each_store(test: impl AsyncFn(&Store, &TestDatabase)) {
    for_each_engine(async |database| {
        let store = connect(database).await;
        store.migrate(&clock()).await.unwrap();
        for number in 1..=LINKS {
            store.create_link(&Caller::SYSTEM, link(number), None).await.unwrap();
        }
        test(&store, database).await;
        store.close().await;
    })
    .await;
}

fn link(number: u64) -> Link {
    Link {
        id: id(number),
        code: format!("code{number}").parse().unwrap(),
        owner: None,
        target: TargetUrl::from_stored("https://example.com/").unwrap(),
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

/// All of time.
pub(crate) fn ever() -> Span {
    let [from, to] = [i64::MIN, i64::MAX].map(Timestamp::from_millis);
    Span::around(from, to).unwrap()
}

/// The clicks of all links, after checking that their buckets agree.
pub(crate) async fn counted(store: &Store) -> u64 {
    let mut sum = 0;
    for number in 1..=LINKS {
        let clicks = store.link(Access::All, id(number)).await.unwrap().unwrap().clicks.total();
        assert_eq!(store.clicks_within(id(number), ever()).await.unwrap().total(), clicks);
        sum += clicks;
    }
    sum
}

pub(crate) async fn losses(store: &Store) -> ClickLosses {
    store.click_losses(ever()).await.unwrap()
}
