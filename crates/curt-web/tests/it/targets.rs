//! What may be shortened and what may not: judged as a browser reads it, on create and on edit, as
//! the target and as the fallback.

use serde_json::json;

use crate::app::TestApp;

const KEPT: &str = "https://kept.example/";

/// Refused in every place that takes a target, and nothing is stored.
async fn assert_refused(app: &TestApp, targets: &[&str], code: &str) {
    let id = app.shorten("kept", KEPT, json!({})).await;
    let before = app.link_count().await;
    for target in targets {
        let as_target = json!({ "original_url": target });
        app.create(&as_target).await.refuses("original_url", code);
        app.edit(id, &as_target).await.refuses("original_url", code);

        let as_fallback = json!({ "original_url": KEPT, "fallback_url": target });
        app.create(&as_fallback).await.refuses("fallback_url", code);
        app.edit(id, &json!({ "fallback_url": target })).await.refuses("fallback_url", code);
    }
    assert_eq!(app.link_count().await, before);
    let link = app.link(id).await.ok(200);
    assert_eq!((&link["original_url"], &link["revision"]), (&json!(KEPT), &json!(1)));
    app.visit("/kept").await.leads_to(302, KEPT);
}

/// Accepted on create and on edit, and followed to the second of each pair.
async fn assert_accepted(app: &TestApp, targets: &[(&str, &str)]) {
    let id = app.shorten("edited", KEPT, json!({})).await;
    for (number, (given, normalised)) in targets.iter().enumerate() {
        let code = format!("link-{number}");
        let body = json!({ "custom_alias": code, "original_url": given });
        assert_eq!(app.create(&body).await.ok(201)["original_url"], *normalised);
        app.visit(&format!("/{code}")).await.leads_to(302, normalised);

        let edited = app.edit(id, &json!({ "original_url": given })).await;
        assert_eq!(edited.ok(200)["original_url"], *normalised);
        app.visit("/edited").await.leads_to(302, normalised);
    }
}

#[tokio::test]
async fn url_01_refuses_javascript_in_every_disguise() {
    let app = TestApp::start().await;
    let disguises = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\u{1}javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "javascript://example.com/%0aalert(1)",
    ];
    assert_refused(&app, &disguises, "unsupported_scheme").await;
}

#[tokio::test]
async fn url_02_refuses_every_scheme_but_http_and_https() {
    let app = TestApp::start().await;
    let schemes = [
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "blob:https://a.example/b",
        "file:///etc/passwd",
        "intent://x#Intent;scheme=http;end",
        "view-source:https://example.com/",
        "about:blank",
        "ftp://example.com/",
        "ws://example.com/",
        "mailto:someone@example.com",
    ];
    assert_refused(&app, &schemes, "unsupported_scheme").await;
}

#[tokio::test]
async fn url_03_refuses_what_has_no_host() {
    let app = TestApp::start().await;
    let relative = ["//evil.example/x", "/relative", "https://", "relative", "", " "];
    assert_refused(&app, &relative, "invalid_field").await;
}

#[tokio::test]
async fn url_04_echoes_what_browsers_make_of_missing_slashes() {
    let app = TestApp::start().await;
    let targets = [
        ("https:evil.example", "https://evil.example/"),
        ("https:/evil.example", "https://evil.example/"),
        ("https:\\\\evil.example\\x", "https://evil.example/x"),
    ];
    assert_accepted(&app, &targets).await;
}

#[tokio::test]
async fn url_05_refuses_user_info() {
    let app = TestApp::start().await;
    let targets = [
        "https://user:pass@evil.example/",
        "https://good.example@evil.example/",
        "https://:pass@evil.example/",
        "https://good.example%2F@evil.example/",
    ];
    assert_refused(&app, &targets, "userinfo_not_allowed").await;
}

#[tokio::test]
async fn url_06_reads_a_backslash_as_browsers_do() {
    let app = TestApp::start().await;
    let targets = [("https://good.example\\@evil.example/", "https://good.example/@evil.example/")];
    assert_accepted(&app, &targets).await;
    let page = app.visit("/edited+").await;
    assert!(page.text().contains("<strong>good.example</strong>"), "{page:?}");
}

#[tokio::test]
async fn url_07_line_breaks_split_no_header() {
    let app = TestApp::start().await;
    let given = "https://example.com/a\r\nSet-Cookie: x=1";
    assert_accepted(&app, &[(given, "https://example.com/aSet-Cookie:%20x=1")]).await;
}

#[tokio::test]
async fn url_08_encoded_line_breaks_stay_encoded() {
    let app = TestApp::start().await;
    let target = "https://example.com/%0d%0aSet-Cookie:x=1";
    assert_accepted(&app, &[(target, target)]).await;
}

#[tokio::test]
async fn url_09_refuses_hosts_and_ports_that_cannot_be() {
    let app = TestApp::start().await;
    let targets = [
        "http://example.com\r\nX: 1/",
        "http://a b/",
        "http://exa%00mple.com/",
        "http://example.com:99999/",
        "http://[::1/",
        "http://1.2.3.256/",
    ];
    assert_refused(&app, &targets, "invalid_field").await;
}

#[tokio::test]
async fn url_10_shows_look_alike_names_in_punycode() {
    let app = TestApp::start().await;
    let targets = [
        ("https://аррӏе.com/", "https://xn--80ak6aa92e.com/"),
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/"),
    ];
    assert_accepted(&app, &targets).await;
    let page = app.visit("/edited+").await;
    assert!(page.text().contains("<strong>xn--80ak6aa92e.com</strong>"), "{page:?}");
    assert!(page.text().contains("plain Latin letters"), "{page:?}");
    let plain = app.create(&json!({ "custom_alias": "plain", "original_url": KEPT })).await;
    plain.ok(201);
    assert!(!app.visit("/plain+").await.text().contains("plain Latin letters"));
}

#[tokio::test]
async fn url_11_every_spelling_of_a_host_is_one_host() {
    let app = TestApp::start().await;
    let targets = [
        ("https://exa\u{ad}mple.com/", "https://example.com/"),
        ("http://ex%41mple.com/", "http://example.com/"),
        ("https://EXAMPLE.com:443/", "https://example.com/"),
        ("https://example.com./", "https://example.com./"),
    ];
    assert_accepted(&app, &targets).await;
    let page = app.visit("/edited+").await;
    assert!(page.text().contains("<strong>example.com</strong>"), "{page:?}");
}

#[tokio::test]
async fn url_12_refuses_punycode_that_decodes_to_nothing() {
    let app = TestApp::start().await;
    assert_refused(&app, &["https://xn--example-.com/"], "invalid_field").await;
}

#[tokio::test]
async fn url_13_shows_direction_marks_encoded() {
    let app = TestApp::start().await;
    let given = "https://example.com/\u{202e}txt.exe";
    let normalised = "https://example.com/%E2%80%AEtxt.exe";
    assert_accepted(&app, &[(given, normalised)]).await;
    let page = app.visit("/edited+").await;
    assert!(page.text().contains(&format!("<bdi>{normalised}</bdi>")), "{page:?}");
}

#[tokio::test]
async fn url_14_takes_2048_bytes_and_no_more() {
    let app = TestApp::start().await;
    let long = |len: usize| {
        let start = "https://example.com/";
        format!("{start}{}", "a".repeat(len - start.len()))
    };
    let longest = long(2_048);
    assert_accepted(&app, &[(&longest, &longest)]).await;

    // The last is short until its letters are encoded.
    let encoded = format!("https://example.com/{}", "é".repeat(400));
    let too_long = [&*long(2_049), &long(9_000), &encoded];
    assert_refused(&app, &too_long, "invalid_field").await;

    let id = app.shorten("small", KEPT, json!({})).await;
    let megabyte = json!({ "original_url": long(1 << 20) });
    app.create(&megabyte).await.problem(413, "payload_too_large");
    app.edit(id, &megabyte).await.problem(413, "payload_too_large");
}

#[tokio::test]
async fn loop_01_refuses_its_own_address_in_every_spelling() {
    let app = TestApp::start().await;
    let own = [
        "https://sho.rt",
        "https://sho.rt/abc",
        "http://sho.rt/abc",
        "https://SHO.RT/abc",
        "https://sho.rt./abc",
        "https://sho.rt:443/abc",
        "https://sho.rt:8443/abc",
        "https:sho.rt",
        "https://sho\u{ad}.rt/",
        "https://sh%6F.rt/",
        "https://ｓｈｏ.rt/",
    ];
    assert_refused(&app, &own, "self_redirect").await;
}

#[tokio::test]
async fn loop_01_refuses_both_forms_of_an_international_name() {
    let app = TestApp::with(|settings| settings.public_url = "https://kürz.example/").await;
    let own = [
        "https://kürz.example/abc",
        "https://KÜRZ.example./abc",
        "https://xn--krz-hoa.example/abc",
    ];
    assert_refused(&app, &own, "self_redirect").await;
}

#[tokio::test]
async fn loop_01_leaves_its_neighbours_alone() {
    let app = TestApp::with(|settings| settings.public_url = "http://localhost:8000").await;
    let neighbours = [
        ("http://localhost:3000/", "http://localhost:3000/"),
        ("https://sho.rt.example/", "https://sho.rt.example/"),
        ("https://notlocalhost/", "https://notlocalhost/"),
    ];
    assert_accepted(&app, &neighbours).await;
    let id = app.shorten("own", KEPT, json!({})).await;
    let own = json!({ "original_url": "http://localhost:8000/own" });
    app.edit(id, &own).await.refuses("original_url", "self_redirect");
}

#[tokio::test]
async fn loop_03_a_fallback_is_never_a_short_link_of_ours() {
    let app = TestApp::start().await;
    let own = json!({
        "custom_alias": "circle",
        "original_url": KEPT,
        "fallback_url": "https://sho.rt/circle",
    });
    app.create(&own).await.refuses("fallback_url", "self_redirect");
    let id = app.shorten("circle", KEPT, json!({})).await;
    let edit = json!({ "fallback_url": "https://sho.rt/circle" });
    app.edit(id, &edit).await.refuses("fallback_url", "self_redirect");
    assert_eq!(app.link(id).await.ok(200)["fallback_url"], json!(null));
}
