//! `/{code}+`: where a link leads, shown instead of followed.

use insta::assert_snapshot;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn the_page_shows_where_the_link_leads() {
    let app = TestApp::start().await;
    app.shorten("link", "https://shop.example/summer?color=red&size=2#top", json!({})).await;
    for path in ["/link+", "/link+/", "/link+?x=1"] {
        let page = app.visit(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.find("location"), None);
        insta::allow_duplicates! { assert_snapshot!(page.page()); }
    }
    // Programs get the page too: it is what they asked for.
    assert_eq!(app.ask("GET", "/link+").await.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_page_of_a_limited_link_shows_no_target() {
    let app = TestApp::start().await;
    app.shorten("once", "https://secret.example/", json!({ "max_clicks": 1 })).await;
    assert_snapshot!(app.visit("/once+").await.page());
}

#[tokio::test]
async fn xss_02_targets_and_titles_become_no_markup() {
    let app = TestApp::start().await;
    let target = "https://example.com/\"><script>alert(1)</script>'onclick='x?a=1&lt;b='y'#'z&amp;";
    let title = json!({ "title": "</title><script>alert(2)</script>", "note": "<img src=x>" });
    app.shorten("link", target, title).await;
    let page = app.visit("/link+").await;
    assert_snapshot!(page.page());
    for markup in ["alert(2)", "<script", "'onclick", "<img", "&lt;b="] {
        assert!(!page.page().contains(markup), "{markup} in {}", page.page());
    }
}

#[tokio::test]
async fn a_preview_uses_up_nothing() {
    let app = TestApp::start().await;
    let id = app.shorten("once", "https://secret.example/", json!({ "max_clicks": 1 })).await;
    for _ in 0..3 {
        assert_eq!(app.visit("/once+").await.status, 200);
    }
    assert_eq!(app.link(id).await.ok(200)["status"], "active");
}

#[tokio::test]
async fn there_is_no_preview_of_nothing() {
    let app = TestApp::start().await;
    app.ask("GET", "/none+").await.problem(404, "not_found");
    app.ask("GET", "/+").await.problem(404, "not_found");
}

#[tokio::test]
async fn phish_02_a_preview_shows_the_target_as_text_and_leads_nowhere_by_itself() {
    let app = TestApp::start().await;
    app.shorten("link", "https://shop.example/summer", json!({})).await;
    let page = app.visit("/link+").await;
    assert_eq!((page.status.as_u16(), page.find("location")), (200, None));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let html = page.page();
    assert!(html.contains("<bdi>https://shop.example/summer</bdi>"), "{html}");
    assert_eq!(html.matches("<a ").count(), 1, "{html}");
    assert!(html.contains(r#"rel="noopener noreferrer nofollow""#), "{html}");
    assert!(!html.contains("http-equiv") && !html.contains("<script"), "{html}");
}
