//! Links that can be followed a limited number of times: people use them up, bots do not.

use serde_json::json;
use tokio::task::JoinSet;

use crate::{answer::Answer, app::TestApp, ask::Ask};

const SECRET: &str = "https://secret.example/only-for-people?token=t0ken#fragment";

/// Parts of the target, each of which would reveal it. None can occur in a request id.
const SECRETS: [&str; 4] = ["secret.example", "only-for-people", "t0ken", "#fragment"];

const BOTS: [&str; 6] = [
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.5.0",
    "python-requests/2.32.0",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0.0.0 Safari/537.36",
    "",
];

const PREVIEW_FETCHERS: [&str; 5] = [
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
];

const PREFETCHES: [(&str, &str); 4] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
];

fn assert_learns_nothing(answer: &Answer) {
    let everything = format!("{:?} {}", answer.headers, answer.text());
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert_eq!(answer.find("location"), None);
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn cycle<T: Copy>(all: &[T], turn: usize) -> T {
    all[turn % all.len()]
}

/// Twenty-five each of bots, link previews, prefetches and HEADs, all before the first person.
async fn send_a_hundred_machines(app: &TestApp) {
    for turn in 0..25 {
        let bot = app.visit("/once").header("user-agent", cycle(&BOTS, turn)).await;
        assert_eq!(bot.status, 200, "{bot:?}");
        assert_learns_nothing(&bot);

        let fetcher = cycle(&PREVIEW_FETCHERS, turn);
        let preview = app.ask("GET", "/once").header("user-agent", fetcher).await;
        assert_eq!(preview.status, 200, "{preview:?}");
        assert_learns_nothing(&preview);

        let (name, value) = cycle(&PREFETCHES, turn);
        let prefetch = app.visit("/once").header(name, value).await;
        assert_eq!(prefetch.status, 503, "{prefetch:?}");
        assert_learns_nothing(&prefetch);

        let head = app.ask("HEAD", "/once").by_browser().await;
        assert_eq!(head.status, 200, "{head:?}");
        assert_learns_nothing(&head);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn race_03_one_click_is_followed_once_whoever_asks_before() {
    const VISITORS: usize = 200;
    let app = TestApp::start().await;
    let id = app.shorten("once", SECRET, json!({ "max_clicks": 1 })).await;
    send_a_hundred_machines(&app).await;
    assert_eq!(app.link(id).await.ok(200)["status"], "active");

    let mut visitors = JoinSet::new();
    for _ in 0..VISITORS {
        visitors.spawn(app.visit("/once").into_future());
    }
    let (followed, refused): (Vec<Answer>, Vec<Answer>) =
        visitors.join_all().await.into_iter().partition(|answer| answer.status == 302);
    assert_eq!((followed.len(), refused.len()), (1, VISITORS - 1));
    followed[0].leads_to(302, SECRET);
    for answer in refused {
        assert_eq!(answer.status, 410);
        assert_learns_nothing(&answer);
    }
    assert_eq!(app.link(id).await.ok(200)["status"], "exhausted");
    app.visit("/once").header("accept", "*/*").await.problem(410, "link_exhausted");
}

#[tokio::test]
async fn race_03_the_preview_page_of_a_limited_link_hides_its_target() {
    let app = TestApp::start().await;
    app.shorten("once", SECRET, json!({ "max_clicks": 1 })).await;
    let page = app.visit("/once+").await;
    assert_eq!(page.status, 200);
    assert_learns_nothing(&page);
    app.visit("/once").await.leads_to(302, SECRET);
}

#[tokio::test]
async fn a_prefetch_is_told_to_come_back_as_a_visit() {
    let app = TestApp::start().await;
    app.shorten("once", SECRET, json!({ "max_clicks": 1 })).await;
    let prefetch = app.ask("GET", "/once").header("sec-purpose", "prefetch").await;
    let problem = prefetch.problem(503, "unavailable");
    assert_eq!(problem["detail"], "this link is not fetched ahead of a visit");
}

#[tokio::test]
async fn every_click_counts_and_more_can_be_given() {
    let app = TestApp::start().await;
    let id = app.shorten("thrice", SECRET, json!({ "max_clicks": 2 })).await;
    app.visit("/thrice").await.leads_to(302, SECRET);
    app.visit("/thrice").await.leads_to(302, SECRET);
    assert_eq!(app.visit("/thrice").await.status, 410);

    app.edit(id, &json!({ "max_clicks": 3 })).await.ok(200);
    app.visit("/thrice").await.leads_to(302, SECRET);
    assert_eq!(app.visit("/thrice").await.status, 410);

    app.edit(id, &json!({ "max_clicks": null })).await.ok(200);
    let bot: Ask = app.ask("GET", "/thrice").header("user-agent", BOTS[0]);
    bot.await.leads_to(302, SECRET);
    app.edit(id, &json!({ "max_clicks": 3 })).await.ok(200);
    assert_eq!(app.visit("/thrice").await.status, 410, "clicks that were used stay used");
}

#[tokio::test]
async fn a_used_up_link_leads_to_its_fallback() {
    let app = TestApp::start().await;
    let fallback = json!({ "max_clicks": 1, "fallback_url": "https://sold-out.example/" });
    app.shorten("once", SECRET, fallback).await;
    app.visit("/once").await.leads_to(302, SECRET);
    app.visit("/once").await.leads_to(302, "https://sold-out.example/");
    let bot = app.ask("GET", "/once").header("user-agent", BOTS[0]).await;
    assert_eq!(bot.status, 200);
    assert_learns_nothing(&bot);
}

#[tokio::test]
async fn with_the_database_away_a_limited_link_is_not_followed() {
    let app = TestApp::start().await;
    app.shorten("twice", SECRET, json!({ "max_clicks": 2 })).await;
    app.visit("/twice").await.leads_to(302, SECRET);
    app.store.close().await;
    let answer = app.visit("/twice").await;
    assert_eq!(answer.status, 503);
    assert_learns_nothing(&answer);
    let problem = app.visit("/twice").header("accept", "*/*").await;
    problem.problem(503, "unavailable");
    assert_eq!(problem.header("retry-after"), "1");
}
