//! What is cached about links is never older than the last change that this node acknowledged.

use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use curt_cache::{CacheSettings, MISSING_AGE_MAX};
use curt_domain::{Caller, LinkEdit, LinkId, TargetRules, TargetUrl};
use curt_store::ExpectedRevision;
use serde_json::json;
use tokio::sync::Notify;

use crate::{answer::Answer, app::TestApp, ask::Ask, logs::Logs};

const OLD: &str = "https://old.example/";
const NEW: &str = "https://new.example/";

/// A request that has finished its database read and has not looked at the result yet.
struct HeldBack(<Ask as IntoFuture>::IntoFuture);

struct WokenUp(Notify);

impl Wake for WokenUp {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

impl HeldBack {
    /// Sends a visit of an uncached code: the first thing it waits for is its read. `None` if the
    /// read was over before the visit had to wait.
    async fn after_reading(ask: Ask) -> Option<Self> {
        let woken_up = Arc::new(WokenUp(Notify::new()));
        let waker = Waker::from(Arc::clone(&woken_up));
        let mut answer = ask.into_future();
        match answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(_) => None,
            Poll::Pending => {
                woken_up.0.notified().await;
                Some(Self(answer))
            }
        }
    }

    async fn go_on(self) -> Answer {
        self.0.await
    }
}

/// Holds back a visit of a new code, after `prepare` has set the code up. Retries when the database
/// is too fast.
async fn hold_back<T>(app: &TestApp, prepare: impl AsyncFn(&str) -> T) -> (String, T, HeldBack) {
    const TRIES_MAX: usize = 1_000;
    for number in 0..TRIES_MAX {
        let code = format!("link-{number}");
        let prepared = prepare(&code).await;
        let path = format!("/{code}");
        if let Some(visit) = HeldBack::after_reading(app.ask("GET", &path)).await {
            return (code, prepared, visit);
        }
    }
    panic!("every read was over before anything could overtake it");
}

#[tokio::test]
async fn cache_01_nobody_keeps_the_answer_that_there_is_no_link() {
    let app = TestApp::start().await;
    let expiring = json!({ "expires_at": "2026-02-01T00:00:00Z" });
    app.shorten("over", OLD, expiring).await;
    app.shorten("once", OLD, json!({ "max_clicks": 1 })).await;
    app.visit("/once").await.leads_to(302, OLD);
    app.clock.advance(Duration::from_hours(24));
    for (path, status) in [("/none", 404), ("/over", 410), ("/once", 410), ("/no/path", 404)] {
        for answer in [app.visit(path).await, app.visit(path).header("accept", "*/*").await] {
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn cache_02_nobody_keeps_a_redirect_not_even_a_permanent_one() {
    let app = TestApp::start().await;
    for status in [301, 302, 307, 308] {
        let code = format!("link-{status}");
        app.shorten(&code, OLD, json!({ "redirect_status": status })).await;
        // From the database, then from memory.
        for _ in 0..2 {
            let answer = app.visit(&format!("/{code}")).await;
            answer.leads_to(status, OLD);
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn cache_03_a_link_created_right_after_a_404_is_served_at_once() {
    let app = TestApp::start().await;
    // The second answer comes from the cache.
    app.ask("GET", "/soon").await.problem(404, "not_found");
    app.ask("GET", "/soon").await.problem(404, "not_found");
    app.shorten("soon", NEW, json!({})).await;
    app.visit("/soon").await.leads_to(302, NEW);

    let generated = app.create(&json!({ "original_url": NEW })).await.ok(201);
    app.visit(&format!("/{}", generated["short_code"].as_str().unwrap())).await.leads_to(302, NEW);
}

#[tokio::test]
async fn cache_03_a_link_created_elsewhere_is_served_within_a_second() {
    let app = TestApp::start().await;
    let elsewhere = app.neighbour().await;
    app.ask("GET", "/soon").await.problem(404, "not_found");
    elsewhere.shorten("soon", NEW, json!({})).await;
    app.clock.advance(MISSING_AGE_MAX);
    app.visit("/soon").await.leads_to(302, NEW);
}

#[tokio::test]
async fn cache_04_an_acknowledged_change_is_seen_by_the_next_visitor() {
    let app = TestApp::start().await;
    let id = app.shorten("link", OLD, json!({})).await;
    app.visit("/link").await.leads_to(302, OLD);

    app.edit(id, &json!({ "original_url": NEW })).await.ok(200);
    app.visit("/link").await.leads_to(302, NEW);

    app.edit(id, &json!({ "status": "disabled" })).await.ok(200);
    app.ask("GET", "/link").await.problem(404, "not_found");
    app.edit(id, &json!({ "status": "active" })).await.ok(200);
    app.visit("/link").await.leads_to(302, NEW);

    app.edit(id, &json!({ "expires_at": "2026-01-31T11:00:00Z" })).await.ok(200);
    app.ask("GET", "/link").await.problem(410, "link_gone");
    app.edit(id, &json!({ "expires_at": null })).await.ok(200);
    app.visit("/link").await.leads_to(302, NEW);

    assert_eq!(app.delete(id).await.status, 204);
    app.ask("GET", "/link").await.problem(404, "not_found");
    app.restore(id).await.ok(200);
    app.visit("/link").await.leads_to(302, NEW);
}

#[tokio::test]
async fn cache_05_a_read_from_before_a_delete_is_not_kept() {
    let app = TestApp::start().await;
    let (code, id, early) =
        hold_back(&app, async |code| app.shorten(code, OLD, json!({})).await).await;
    assert_eq!(app.delete(id).await.status, 204);
    // A request from before the delete may still be answered as before.
    early.go_on().await.leads_to(302, OLD);
    for _ in 0..2 {
        app.ask("GET", &format!("/{code}")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn cache_05_a_read_from_before_an_edit_is_not_kept() {
    let app = TestApp::start().await;
    let (code, id, early) =
        hold_back(&app, async |code| app.shorten(code, OLD, json!({})).await).await;
    app.edit(id, &json!({ "original_url": NEW })).await.ok(200);
    // A request after the edit does not wait for the old answer either.
    app.visit(&format!("/{code}")).await.leads_to(302, NEW);
    early.go_on().await.leads_to(302, OLD);
    app.visit(&format!("/{code}")).await.leads_to(302, NEW);
}

#[tokio::test]
async fn cache_05_a_read_from_before_a_create_is_not_kept() {
    let app = TestApp::start().await;
    let (code, (), early) = hold_back(&app, async |_code| ()).await;
    app.shorten(&code, NEW, json!({})).await;
    early.go_on().await.problem(404, "not_found");
    app.visit(&format!("/{code}")).await.leads_to(302, NEW);
}

#[tokio::test]
async fn cache_06_random_codes_push_out_nothing_and_stay_bounded() {
    const BYTES_MAX: u64 = 256 * 1024;
    const KNOWN: u64 = 100;
    const GUESSES: u64 = 20_000;
    let small = CacheSettings { bytes_max: BYTES_MAX, ..CacheSettings::DEFAULT };
    let app = TestApp::with(|settings| settings.cache = small).await;
    for number in 0..KNOWN {
        let code = format!("known-{number}");
        app.shorten(&code, OLD, json!({})).await;
        app.visit(&format!("/{code}")).await.leads_to(302, OLD);
    }
    for guess in 0..GUESSES {
        assert_eq!(app.ask("GET", &format!("/guess-{guess}")).await.status, 404);
    }
    let bytes = |kind| app.metric(&format!("link_cache_bytes{{kind=\"{kind}\"}}"));
    assert!(0 < bytes("missing"), "absences are remembered");
    assert!(bytes("missing") + bytes("link") <= BYTES_MAX);

    let from_memory = "redirects_total{outcome=\"followed\",tier=\"memory\"}";
    let before = app.metric(from_memory);
    for number in 0..KNOWN {
        app.visit(&format!("/known-{number}")).await.leads_to(302, OLD);
    }
    assert!(95 <= app.metric(from_memory) - before, "known links were pushed out");
}

#[tokio::test]
async fn cached_links_are_followed_while_the_database_is_away() {
    let app = TestApp::start().await;
    app.shorten("warm", OLD, json!({})).await;
    app.shorten("cold", OLD, json!({})).await;
    app.visit("/warm").await.leads_to(302, OLD);
    app.store.close().await;

    app.visit("/warm").await.leads_to(302, OLD);
    let cold = app.ask("GET", "/cold").await;
    cold.problem(503, "unavailable");
    assert_eq!(cold.header("retry-after"), "1");

    let CacheSettings { entry_age_max, offline_max, .. } = CacheSettings::DEFAULT;
    app.clock.advance(entry_age_max);
    app.visit("/warm").await.leads_to(302, OLD);
    app.clock.advance(offline_max);
    app.ask("GET", "/warm").await.problem(503, "unavailable");
}

#[tokio::test]
async fn a_visit_that_memory_can_answer_logs_no_failure() {
    let app = TestApp::start().await;
    app.shorten("warm", OLD, json!({})).await;
    app.visit("/warm").await.leads_to(302, OLD);
    app.store.close().await;
    app.clock.advance(CacheSettings::DEFAULT.entry_age_max);

    let logs = Logs::of_this_thread();
    app.visit("/warm").await.leads_to(302, OLD);
    assert_eq!(logs.text(), "");
    // Log only if nothing could be served.
    app.ask("GET", "/cold").await.problem(503, "unavailable");
    assert_eq!(logs.text().matches("the database cannot be reached").count(), 1);
}

#[tokio::test]
async fn a_database_that_is_known_to_be_away_is_not_waited_for() {
    let app = TestApp::start().await;
    let id = app.shorten("link", OLD, json!({})).await;
    app.visit("/link").await.leads_to(302, OLD);
    // Only the database has this edit, so the answer tells whether it was asked.
    let id = LinkId::new(id).unwrap();
    let target = TargetUrl::parse(NEW, &TargetRules::new([])).unwrap();
    let edit = LinkEdit { target: Some(target), ..LinkEdit::default() };
    app.store
        .edit_link(&Caller::SYSTEM, id, edit, ExpectedRevision::Any, app.clock.now())
        .await
        .unwrap();
    app.clock.advance(CacheSettings::DEFAULT.entry_age_max);

    app.node.set_database_reached(false);
    app.visit("/link").await.leads_to(302, OLD);
    assert_eq!(app.metric("redirects_total{outcome=\"followed\",tier=\"stale\"}"), 1);
    // Without a cached entry, the database is tried.
    app.ask("GET", "/none").await.problem(404, "not_found");
    app.node.set_database_reached(true);
    app.visit("/link").await.leads_to(302, NEW);
}
