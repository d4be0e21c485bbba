//! The OpenAPI document, and whether what it says is so.

use insta::assert_json_snapshot;
use serde_json::Value;

use crate::app::TestApp;

async fn document(app: &TestApp) -> Value {
    app.ask("GET", "/openapi.json").await.ok(200)
}

#[tokio::test]
async fn the_document_is_what_we_mean_to_publish() {
    let document = document(&TestApp::start().await).await;
    assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn who_has_the_document_does_not_get_it_again() {
    let app = TestApp::start().await;
    let first = app.ask("GET", "/openapi.json").await;
    let tag = first.header("etag");
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    for known in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
        let again = app.ask("GET", "/openapi.json").header("if-none-match", known).await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, tag), "{known}");
        assert!(again.body.is_empty());
    }
    for unknown in ["\"other\"", "", "other"] {
        let again = app.ask("GET", "/openapi.json").header("if-none-match", unknown).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &first.body), "{unknown}");
    }
}

#[tokio::test]
async fn links_without_a_key_are_in_the_document_where_they_are_allowed() {
    let security = |document: &Value| document["paths"]["/api/v1/urls"]["post"]["security"].clone();
    let closed = TestApp::start().await;
    assert_eq!(security(&document(&closed).await), serde_json::json!([{ "key": [] }]));
    let open = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    assert_eq!(security(&document(&open).await), serde_json::json!([{}, { "key": [] }]));
}
