//! QR codes: what they contain, how they look, who gets them.

use std::io::Cursor;

use png::{Decoder, Transformations};
use serde_json::json;

use crate::{answer::Answer, app::TestApp, ask::Ask};

const TARGET: &str = "https://example.com/";

/// As an anonymous caller asks for it.
fn qr(app: &TestApp, code: &str, query: &str) -> Ask {
    app.ask("GET", &format!("/api/v1/qr/{code}?{query}"))
}

/// What a scanner reads, and the image's side in pixels.
fn scan(answer: &Answer) -> (String, usize) {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"));
    let mut decoder = Decoder::new(Cursor::new(&answer.body));
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let side = info.width as usize;
    assert_eq!(info.height, info.width);
    let channels = bytes.len() / (side * side);
    let pixel = |x: usize, y: usize| bytes[(y * side + x) * channels];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
    let grids = image.detect_grids();
    (grids[0].decode().unwrap().1, side)
}

async fn with_link() -> TestApp {
    let app = TestApp::start().await;
    app.shorten("Sale-1", TARGET, json!({ "forward_query": true })).await;
    app
}

#[tokio::test]
async fn a_scan_leads_to_the_link_with_the_mark_of_a_scan() {
    let app = with_link().await;
    let answer = qr(&app, "Sale-1", "").await;
    assert_eq!(scan(&answer), ("https://sho.rt/Sale-1?qr".to_owned(), 300));
    // The mark is ours, and is not passed on to the target.
    app.visit("/Sale-1?qr").await.leads_to(302, TARGET);
    app.visit("/Sale-1?qr&a=b").await.leads_to(302, "https://example.com/?a=b");
}

#[tokio::test]
async fn every_option_is_obeyed() {
    let app = with_link().await;
    for ecc in ["l", "m", "q", "h"] {
        for (margin, size) in [(1, 64), (4, 300), (32, 1_024), (4, 4_096)] {
            let query = format!("ecc={ecc}&margin={margin}&size={size}&fg=039&bg=ffe");
            let answer = qr(&app, "Sale-1", &query).await;
            assert_eq!(scan(&answer), ("https://sho.rt/Sale-1?qr".to_owned(), size), "{query}");
        }
    }
}

#[tokio::test]
async fn xss_03_an_image_is_an_image_and_nothing_more() {
    let app = with_link().await;
    for (format, kind) in [("png", "image/png"), ("svg", "image/svg+xml")] {
        let answer = qr(&app, "Sale-1", &format!("format={format}&bg=transparent")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
        let name = format!("inline; filename=\"Sale-1.{format}\"");
        assert_eq!(answer.header("content-disposition"), name);
    }
    // No input appears in an SVG as it was sent.
    for (field, value) in
        [("fg", "%22onload=x"), ("bg", "red"), ("size", "1%22"), ("format", "html")]
    {
        let query =
            format!("format=svg&{field}={value}").replacen("format=svg&format", "format", 1);
        qr(&app, "Sale-1", &query).await.refuses(field, "invalid_field");
    }
    let svg = qr(&app, "Sale-1", "format=svg&size=64&margin=0&fg=F00").await;
    insta::assert_snapshot!(svg.text());
}

#[tokio::test]
async fn who_has_the_image_does_not_get_it_again() {
    let app = with_link().await;
    let first = qr(&app, "Sale-1", "size=200").await;
    let tag = first.header("etag");
    assert_eq!(first.header("cache-control"), "public, max-age=86400");
    assert_eq!(first.header("vary"), "Authorization");
    let again = qr(&app, "Sale-1", "size=200").header("if-none-match", tag).await;
    assert_eq!((again.status.as_u16(), again.header("etag"), again.body.len()), (304, tag, 0));
    for other in [
        "size=201",
        "size=200&margin=3",
        "size=200&ecc=h",
        "size=200&fg=111",
        "format=svg&size=200",
    ] {
        let answer = qr(&app, "Sale-1", other).header("if-none-match", tag).await;
        assert_eq!(answer.status, 200, "{other}");
        assert_ne!(answer.header("etag"), tag, "{other}");
    }
    let head = app.ask("HEAD", "/api/v1/qr/Sale-1?size=200").await;
    assert_eq!((head.status.as_u16(), head.header("etag"), head.body.len()), (200, tag, 0));
}

#[tokio::test]
async fn enum_03_strangers_get_the_codes_of_links_that_they_can_find() {
    let app = TestApp::start().await;
    let disabled = app.shorten("disabled", TARGET, json!({})).await;
    app.edit(disabled, &json!({ "status": "disabled" })).await.ok(200);
    let deleted = app.shorten("deleted", TARGET, json!({})).await;
    assert_eq!(app.delete(deleted).await.status, 204);
    app.shorten("scheduled", TARGET, json!({ "valid_from": "2027-01-01T00:00:00Z" })).await;
    app.shorten("expired", TARGET, json!({ "expires_at": "2026-01-01T00:00:00Z" })).await;
    app.shorten("limited", TARGET, json!({ "max_clicks": 1 })).await;

    let absent = qr(&app, "nothing", "").await.problem(404, "not_found");
    for code in ["disabled", "deleted", "scheduled", "a.b"] {
        assert_eq!(qr(&app, code, "").await.problem(404, "not_found"), absent, "{code}");
    }
    for code in ["expired", "limited"] {
        assert_eq!(scan(&qr(&app, code, "").await).0, format!("https://sho.rt/{code}?qr"));
    }
    // Asking for the QR code used up no click.
    app.visit("/limited").await.leads_to(302, TARGET);

    let with_key = |code| qr(&app, code, "").key(crate::app::ADMIN_KEY);
    for code in ["disabled", "scheduled"] {
        let answer = with_key(code).await;
        assert_eq!(scan(&answer).0, format!("https://sho.rt/{code}?qr"));
        assert_eq!(answer.header("cache-control"), "private, max-age=86400");
    }
    with_key("deleted").await.problem(404, "not_found");
    qr(&app, "limited", "").key("wrong").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn options_out_of_range_are_refused() {
    let app = with_link().await;
    let wrong = [
        ("size", "15"),
        ("size", "4097"),
        ("size", "-1"),
        ("size", "%2B300"),
        ("size", "9999999999"),
        ("size", ""),
        ("size", "16"),
        ("margin", "33"),
        ("margin", "1.5"),
        ("ecc", "x"),
        ("ecc", "L"),
        ("format", "jpeg"),
        ("fg", "transparent"),
        ("fg", "%23fff"),
        ("bg", "12345"),
        ("fg", "fff"),
        ("fg", "ffff00"),
    ];
    for (field, value) in wrong {
        qr(&app, "Sale-1", &format!("{field}={value}")).await.refuses(field, "invalid_field");
    }
    qr(&app, "Sale-1", "color=fff").await.refuses("color", "unknown_field");
    let two = qr(&app, "Sale-1", "size=0&ecc=x").await.problem(422, "invalid_field");
    assert_eq!(two["errors"].as_array().unwrap().len(), 2);
    let small = qr(&app, "Sale-1", "size=30").await.problem(422, "invalid_field");
    assert_eq!(
        small["errors"][0]["message"],
        "must be at least 33 for this code, correction and margin"
    );
    qr(&app, "Sale-1", "size=33").await.header("etag");
}

#[tokio::test]
async fn an_address_that_no_code_holds_is_told_and_not_cut() {
    let long = format!("https://sho.rt/{}", "x".repeat(1_400));
    let app = TestApp::with(|settings| settings.public_url = long.leak()).await;
    app.shorten("abc", TARGET, json!({})).await;
    assert_eq!(qr(&app, "abc", "ecc=l").await.status, 200);
    qr(&app, "abc", "ecc=h").await.refuses("ecc", "invalid_field");
}
