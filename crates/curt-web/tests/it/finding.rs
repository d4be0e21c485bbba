//! Finding a link by its code, and deleted links while they can be restored.

use std::time::Duration;

use curt_store::RESTORE_WINDOW;
use serde_json::{Value, json};

use crate::app::{TestApp, codes};

const TARGET: &str = "https://example.com/";

#[tokio::test]
async fn a_code_finds_exactly_its_link() {
    let app = TestApp::start().await;
    let id = app.shorten("Sale", TARGET, json!({ "tags": ["a"] })).await;
    app.shorten("Sale-2", TARGET, json!({})).await;
    let found = app.links("short_code=Sale").await.ok(200);
    assert_eq!(found, json!({ "items": [app.link(id).await.json()], "next_cursor": null }));
    assert_eq!(found["items"][0].get("deleted_at"), None);
    for absent in ["sale", "Sal", "nothing"] {
        assert_eq!(codes(&app.links(&format!("short_code={absent}")).await), [""; 0]);
    }
    assert_eq!(codes(&app.links("short_code=Sale&limit=1").await), ["Sale"]);
}

#[tokio::test]
async fn a_deleted_link_is_found_by_its_code_and_restored() {
    let app = TestApp::start().await;
    let id = app.shorten("Sale", TARGET, json!({})).await;
    assert_eq!(codes(&app.links("short_code=Sale&status=deleted").await), [""; 0]);
    assert_eq!(app.delete(id).await.status, 204);

    assert_eq!(codes(&app.links("short_code=Sale").await), [""; 0]);
    let found = app.links("short_code=Sale&status=deleted").await.ok(200);
    let link = &found["items"][0];
    assert_eq!((&link["id"], &link["status"]), (&json!(id), &json!("deleted")));
    assert_eq!(link["deleted_at"], "2026-01-31T12:00:00.000Z");
    assert_eq!(link["restorable_until"], "2026-03-02T12:00:00.000Z");

    let restored = app.restore(link["id"].as_u64().unwrap()).await.ok(200);
    assert_eq!((&restored["status"], restored.get("deleted_at")), (&json!("active"), None));
    assert_eq!(codes(&app.links("short_code=Sale&status=deleted").await), [""; 0]);
    assert_eq!(codes(&app.links("short_code=Sale").await), ["Sale"]);
}

#[tokio::test]
async fn deleted_links_are_listed_page_by_page_until_it_is_too_late() {
    let app = TestApp::start().await;
    for code in ["one", "two", "three", "kept"] {
        let id = app.shorten(code, TARGET, json!({})).await;
        if code != "kept" {
            app.clock.advance(Duration::from_secs(1));
            assert_eq!(app.delete(id).await.status, 204);
        }
    }
    let first = app.links("status=deleted&limit=2").await;
    assert_eq!(codes(&first), ["three", "two"]);
    let Value::String(cursor) = &first.json()["next_cursor"] else { panic!("{first:?}") };
    let second = app.links(&format!("status=deleted&limit=2&cursor={cursor}")).await;
    assert_eq!(codes(&second), ["one"]);
    assert_eq!(second.json()["next_cursor"], json!(null));
    app.links(&format!("cursor={cursor}")).await.refuses("cursor", "invalid_field");

    app.clock.advance(RESTORE_WINDOW);
    assert_eq!(codes(&app.links("status=deleted").await), ["three"]);
    assert_eq!(codes(&app.links("status=deleted&short_code=one").await), [""; 0]);
}

#[tokio::test]
async fn filters_that_would_be_ignored_are_refused() {
    let app = TestApp::start().await;
    let filters =
        ["q=x", "tag=t", "created_from=2026-01-01T00:00:00Z", "sort=clicks", "status=active"];
    for filter in filters {
        let field = filter.split('=').next().unwrap();
        app.links(&format!("short_code=abc&{filter}")).await.refuses(field, "invalid_field");
        if field != "status" {
            let query = format!("status=deleted&{filter}");
            app.links(&query).await.refuses(field, "invalid_field");
        }
    }
    app.links("short_code=abc&cursor=x").await.refuses("cursor", "invalid_field");
    app.links("short_code=abc&limit=0").await.refuses("limit", "invalid_field");
    app.links("short_code=").await.refuses("short_code", "invalid_code");
    app.links("short_code=a%2Fb").await.refuses("short_code", "invalid_code");
    let two = app.links("short_code=a.b&q=x").await.problem(422, "invalid_field");
    assert_eq!(two["errors"].as_array().unwrap().len(), 2);
}
