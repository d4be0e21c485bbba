//! Clicks are in the journal before the visitor gets the redirect, and nothing else is.

use curt_domain::{ClickClass, ClickSource, Privacy};
use curt_journal::Durability;
use curt_web::HttpSettings;
use serde_json::json;

use crate::app::{START, TestApp, TestSettings};

const TARGET: &str = "https://example.com/";

async fn counting(durability: Durability) -> TestApp {
    let app = TestApp::with(|settings| settings.clicks = Some(durability)).await;
    app.shorten("link", TARGET, json!({})).await;
    app
}

#[tokio::test]
async fn a_click_is_written_down_before_its_redirect_whether_the_link_was_in_memory_or_not() {
    for durability in [Durability::Process, Durability::Power] {
        let app = counting(durability).await;
        for clicks in 1..=3 {
            app.visit("/link").await.leads_to(302, TARGET);
            assert_eq!(app.written_clicks().len(), clicks, "{durability:?}");
        }
    }
}

#[tokio::test]
async fn a_click_has_what_its_request_says() {
    let app = counting(Durability::Process).await;
    app.visit("/link").await.leads_to(302, TARGET);
    let visit = app
        .ask_from("2001:db8::7", "GET", "/link?qr&utm_source=paper&x=1&utm_campaign=spring%20sale")
        .header("user-agent", "Mozilla/5.0 (X11)")
        .header("referer", "https://news.example/today")
        .header("accept-language", "de-CH,de;q=0.9")
        .header("dnt", "1")
        .header("sec-gpc", "1");
    visit.await.leads_to(302, TARGET);

    let clicks = app.written_clicks();
    let click = &clicks[1];
    assert_eq!(click.link, 1);
    assert_eq!(click.at.to_string(), START);
    assert_eq!(click.decided, None, "the user agent decides, and nobody needs to know yet");
    assert_eq!(click.client.to_string(), "2001:db8::7");
    assert_eq!(click.source, ClickSource::Qr);
    assert_eq!(click.privacy, Privacy { do_not_track: true, global_privacy_control: true });
    let texts = [
        "Mozilla/5.0 (X11)",
        "https://news.example/today",
        "de-CH,de;q=0.9",
        "paper",
        "spring%20sale",
    ];
    assert_eq!(click.texts, texts);
    assert_eq!(clicks[0].source, ClickSource::Link);
    assert_eq!(clicks[0].privacy, Privacy::default());
}

#[tokio::test]
async fn a_prefetch_is_known_as_one() {
    let app = counting(Durability::Process).await;
    for name in ["sec-purpose", "purpose", "x-purpose", "x-moz"] {
        app.visit("/link").header(name, "prefetch").await.leads_to(302, TARGET);
    }
    let classes: Vec<_> = app.written_clicks().iter().map(|click| click.decided).collect();
    assert_eq!(classes, [Some(ClickClass::Prefetch); 4]);
}

#[tokio::test]
async fn of_a_limited_link_only_what_was_used_up_is_a_click() {
    let app = counting(Durability::Process).await;
    app.shorten("once", TARGET, json!({ "max_clicks": 1 })).await;
    app.ask("GET", "/once").header("user-agent", "curl/8.5.0").await;
    app.ask("HEAD", "/once").by_browser().await;
    assert_eq!(app.visit("/once").header("sec-purpose", "prefetch").await.status, 503);
    assert_eq!(app.written_clicks(), []);
    app.visit("/once").await.leads_to(302, TARGET);
    assert_eq!(app.visit("/once").await.status, 410);
    let clicks = app.written_clicks();
    assert_eq!(clicks.len(), 1);
    assert_eq!(clicks[0].decided, Some(ClickClass::Human), "nobody judges it anew");
}

/// HTTP-14
#[tokio::test]
async fn http_14_what_does_not_lead_to_the_target_is_no_click() {
    let app = counting(Durability::Process).await;
    let over =
        json!({ "expires_at": "2020-01-01T00:00:00Z", "fallback_url": "https://over.example" });
    app.shorten("over", TARGET, over).await;
    app.shorten("gone", TARGET, json!({ "expires_at": "2020-01-01T00:00:00Z" })).await;
    for _ in 0..2 {
        for path in ["/link+", "/none", "/over", "/gone", "/", "/robots.txt", "/healthz", "/link/x"]
        {
            app.visit(path).await;
        }
        app.ask("HEAD", "/link").by_browser().await.leads_to(302, TARGET);
        assert_eq!(app.ask("POST", "/link").await.status, 405);
        app.ask("GET", "/link").header("host", "elsewhere.example").await;
    }
    assert_eq!(app.written_clicks(), []);
}

#[tokio::test]
async fn a_click_belongs_to_the_client_that_a_trusted_proxy_names() {
    let app = TestApp::with(|settings: &mut TestSettings| {
        settings.clicks = Some(Durability::Process);
        let trusted_proxies = "10.0.0.0/8".parse().unwrap();
        settings.http = HttpSettings { trusted_proxies, ..HttpSettings::default() };
    })
    .await;
    app.shorten("link", TARGET, json!({})).await;
    for _ in 0..2 {
        let visit = app.ask_from("10.0.0.1", "GET", "/link");
        visit.header("x-forwarded-for", "203.0.113.9").await.leads_to(302, TARGET);
        let visit = app.ask_from("198.51.100.4", "GET", "/link");
        visit.header("x-forwarded-for", "203.0.113.9").await.leads_to(302, TARGET);
    }
    let clicks = app.written_clicks();
    let clients: Vec<String> = clicks.iter().map(|click| click.client.to_string()).collect();
    assert_eq!(clients, ["203.0.113.9", "198.51.100.4", "203.0.113.9", "198.51.100.4"]);
}
