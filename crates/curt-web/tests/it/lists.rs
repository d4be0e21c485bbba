//! Lists of links: filters, orders, and pages that neither repeat nor omit links.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    app::{TestApp, codes},
    people::Person,
};

const TARGET: &str = "https://example.com/";

/// The codes of the whole list, in pages of `limit` links.
async fn walk(app: &TestApp, query: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut page_query = format!("{query}&limit={limit}");
    loop {
        let page = app.links(&page_query).await;
        let page_codes = codes(&page);
        assert!(page_codes.len() <= limit);
        all.extend(page_codes);
        let Value::String(cursor) = &page.json()["next_cursor"] else { return all };
        page_query = format!("{query}&limit={limit}&cursor={cursor}");
    }
}

/// Links `c`, `a`, `B`, a second apart.
async fn three_links() -> TestApp {
    let app = TestApp::start().await;
    for code in ["c", "a", "B"] {
        app.shorten(code, &format!("https://{code}.example/"), json!({})).await;
        app.clock.advance(Duration::from_secs(1));
    }
    app
}

#[tokio::test]
async fn idor_03_owner_finds_links_for_administrators_and_never_those_of_others() {
    let app = three_links().await;
    let ada = app.person("ada@example.com").await;
    let bob = app.person("bob@example.com").await;
    for (person, alias) in [(&ada, "ada-1"), (&bob, "bob-1"), (&ada, "ada-2")] {
        let body = json!({ "original_url": TARGET, "custom_alias": alias, "tags": ["tag"] });
        app.ask("POST", "/api/v1/urls").key(&person.access).json(&body).await.ok(201);
        app.clock.advance(Duration::from_secs(1));
    }
    let of = |person: &Person, more: &str| format!("owner={}{more}", person.id);
    assert_eq!(walk(&app, &of(&ada, ""), 1).await, ["ada-2", "ada-1"]);
    assert_eq!(walk(&app, &of(&ada, "&sort=short_code&tag=tag"), 1).await, ["ada-1", "ada-2"]);
    assert_eq!(codes(&app.links(&of(&bob, "&status=active&q=BOB")).await), ["bob-1"]);
    assert_eq!(codes(&app.links("owner=9007199254740991").await), [""; 0]);

    let key = app.key_of(&ada, &["links:read"]).await;
    for proof in [&ada.access, &key] {
        let find = |query: String| app.ask("GET", &format!("/api/v1/urls?{query}")).key(proof);
        assert_eq!(codes(&find(of(&bob, "")).await), [""; 0]);
        assert_eq!(codes(&find(of(&bob, "&tag=tag")).await), [""; 0]);
        for query in [of(&ada, ""), String::new(), "q=1&tag=tag".to_owned()] {
            let expected =
                if query.starts_with("q=1") { &["ada-1"][..] } else { &["ada-2", "ada-1"] };
            assert_eq!(codes(&find(query).await), expected);
        }
    }
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let app = TestApp::start().await;
    assert_eq!(app.links("").await.ok(200), json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn every_order_goes_page_by_page() {
    let app = three_links().await;
    let orders = [
        ("", ["B", "a", "c"]),
        ("sort=-created_at", ["B", "a", "c"]),
        ("sort=created_at", ["c", "a", "B"]),
        ("sort=short_code", ["B", "a", "c"]),
        // There are no clicks yet, so the age decides.
        ("sort=clicks", ["c", "a", "B"]),
        ("sort=-clicks", ["B", "a", "c"]),
    ];
    for (sort, expected) in orders {
        assert_eq!(codes(&app.links(sort).await), expected, "{sort}");
        for limit in 1..=4 {
            assert_eq!(walk(&app, sort, limit).await, expected, "{sort}, {limit} on a page");
        }
    }
}

#[tokio::test]
async fn pages_stay_apart_while_links_come_and_go() {
    let app = TestApp::start().await;
    // All created in the same moment.
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(app.shorten(&format!("link-{number}"), TARGET, json!({})).await);
    }
    let first = app.links("limit=2").await;
    assert_eq!(codes(&first), ["link-5", "link-4"]);
    app.shorten("newer", TARGET, json!({})).await;
    app.delete(ids[4]).await;
    app.delete(ids[3]).await;

    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let second = app.links(&format!("limit=2&cursor={cursor}")).await;
    assert_eq!(codes(&second), ["link-2", "link-1"]);
}

#[tokio::test]
async fn without_a_limit_a_page_has_50_links() {
    let app = TestApp::start().await;
    for number in 0..51 {
        app.shorten(&format!("link-{number}"), TARGET, json!({})).await;
    }
    let page = app.links("").await;
    assert_eq!(codes(&page).len(), 50);
    assert_ne!(page.json()["next_cursor"], json!(null));
    let whole = app.links("limit=51").await;
    assert_eq!((codes(&whole).len(), &whole.json()["next_cursor"]), (51, &json!(null)));
}

#[tokio::test]
async fn q_finds_parts_of_code_title_host_and_path_in_any_case() {
    let app = TestApp::start().await;
    let title = json!({ "title": "Frühlings-Katalog 100%", "note": "secret note" });
    app.shorten("One_x", "https://Shop.Example/Summer/sale?color=red", title).await;
    app.shorten("Two-x", "https://other.example/", json!({})).await;
    let found = [
        ("q=oNE", vec!["One_x"]),
        ("q=frühlings", vec!["One_x"]),
        ("q=KATALOG", vec!["One_x"]),
        ("q=SHOP.exa", vec!["One_x"]),
        ("q=summer/SALE", vec!["One_x"]),
        ("q=.example", vec!["Two-x", "One_x"]),
        ("q=", vec!["Two-x", "One_x"]),
        ("q=%20", vec!["Two-x", "One_x"]),
        ("q=nowhere", vec![]),
        ("q=secret", vec![]),
    ];
    for (query, expected) in found {
        let query = query.replace('ü', "%C3%BC");
        assert_eq!(codes(&app.links(&query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn sqli_01_q_knows_no_wildcards_and_no_quotes() {
    let app = TestApp::start().await;
    app.shorten("a_b", "https://one.example/", json!({ "title": "100% off!" })).await;
    app.shorten("axb", "https://two.example/", json!({})).await;
    let found = [
        ("q=a_b", vec!["a_b"]),
        ("q=100%25", vec!["a_b"]),
        ("q=%25", vec!["a_b"]),
        ("q=off!", vec!["a_b"]),
        ("q=a%25b", vec![]),
        ("q=%5C", vec![]),
        ("q=%27%20OR%201%3D1--", vec![]),
    ];
    for (query, expected) in found {
        assert_eq!(codes(&app.links(query).await), expected, "{query}");
    }
    app.links("sort=id;drop%20table%20links").await.refuses("sort", "invalid_field");
    assert_eq!(app.link_count().await, 2);
}

#[tokio::test]
async fn sqli_01_every_filter_is_a_value_and_every_list_has_an_end() {
    let app = TestApp::start().await;
    let person = app.administrator("root@example.com").await;
    let id = app.shorten("link", TARGET, json!({ "tags": ["tag"] })).await;
    let nothing = json!([]);
    for value in
        ["'", "' OR '1'='1", "x' OR 1=1--", "\\' OR 1=1#", "%' --", "1); drop table links;"]
    {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        for path in [
            "/api/v1/urls?q=",
            "/api/v1/urls?tag=",
            "/api/v1/urls?short_code=",
            "/api/v1/urls?owner=",
            "/api/v1/urls?status=",
            "/api/v1/urls?sort=",
            "/api/v1/urls?cursor=",
            "/api/v1/admin/users?q=",
            "/api/v1/admin/audit?action=",
            "/api/v1/admin/audit?object=",
            "/api/v1/admin/audit?author=",
            "/api/v1/admin/reports?state=",
            "/api/v1/admin/target-blocks?target=",
        ] {
            let answer = app.ask("GET", &format!("{path}{value}")).key(&person.access).await;
            match answer.status.as_u16() {
                200 => assert_eq!(answer.json()["items"], nothing, "{path}{value}"),
                status => assert_eq!(status, 422, "{path}{value}: {answer:?}"),
            }
        }
    }
    let tags: Vec<String> = (0..70_000).map(|number| number.to_string()).collect();
    let tags = |count| json!({ "original_url": TARGET, "tags": tags[..count] });
    app.create(&tags(1_000)).await.problem(422, "invalid_field");
    app.edit(id, &tags(1_000)).await.problem(422, "invalid_field");
    app.create(&tags(70_000)).await.problem(413, "payload_too_large");
    assert_eq!(app.link_count().await, 1);
    assert_eq!(app.link(id).await.ok(200)["revision"], 1);
}

#[tokio::test]
async fn tags_are_exact() {
    let app = TestApp::start().await;
    app.shorten("one", TARGET, json!({ "tags": ["spring", "sale"] })).await;
    app.shorten("two", TARGET, json!({ "tags": ["Spring"] })).await;
    let three = app.shorten("three", TARGET, json!({ "tags": ["spring"] })).await;
    assert_eq!(codes(&app.links("tag=spring").await), ["three", "one"]);
    assert_eq!(walk(&app, "tag=spring", 1).await, ["three", "one"]);
    assert_eq!(walk(&app, "tag=spring&sort=short_code", 1).await, ["one", "three"]);
    assert_eq!(codes(&app.links("tag=Spring").await), ["two"]);
    assert_eq!(codes(&app.links("tag=spr").await), [""; 0]);
    app.edit(three, &json!({ "tags": ["Spring"] })).await.ok(200);
    assert_eq!(codes(&app.links("tag=spring").await), ["one"]);
    assert_eq!(codes(&app.links("tag=Spring").await), ["three", "two"]);
}

#[tokio::test]
async fn every_status_can_be_asked_for() {
    let app = TestApp::start().await;
    app.shorten("active", TARGET, json!({})).await;
    app.shorten("scheduled", TARGET, json!({ "valid_from": "2026-02-01T00:00:00Z" })).await;
    app.shorten("expired", TARGET, json!({ "expires_at": "2026-01-01T00:00:00Z" })).await;
    app.shorten("exhausted", TARGET, json!({ "max_clicks": 1 })).await;
    app.visit("/exhausted").await.leads_to(302, TARGET);
    let disabled = app.shorten("disabled", TARGET, json!({})).await;
    app.edit(disabled, &json!({ "status": "disabled" })).await.ok(200);

    for status in ["active", "scheduled", "expired", "exhausted", "disabled"] {
        let list = app.links(&format!("status={status}")).await;
        assert_eq!(codes(&list), [status]);
        assert_eq!(list.json()["items"][0]["status"], status);
    }
    // Time changes the status, without a write to the link.
    app.clock.set("2026-02-01T00:00:00Z".parse().unwrap());
    assert_eq!(codes(&app.links("status=active").await), ["scheduled", "active"]);
    assert_eq!(codes(&app.links("status=scheduled").await), [""; 0]);
}

#[tokio::test]
async fn created_from_is_included_and_created_to_is_not() {
    let app = three_links().await;
    let second = |second: u8| format!("2026-01-31T12:00:0{second}Z");
    let from = app.links(&format!("created_from={}", second(1))).await;
    assert_eq!(codes(&from), ["B", "a"]);
    let to = app.links(&format!("created_to={}", second(1))).await;
    assert_eq!(codes(&to), ["c"]);
    let between = format!("created_from={}&created_to={}", second(1), second(2));
    assert_eq!(codes(&app.links(&between).await), ["a"]);
    assert_eq!(walk(&app, &format!("sort=created_at&{between}"), 1).await, ["a"]);
    let nothing = format!("created_from={}&created_to={}", second(2), second(1));
    assert_eq!(codes(&app.links(&nothing).await), [""; 0]);
}

#[tokio::test]
async fn filters_narrow_each_other() {
    let app = TestApp::start().await;
    app.shorten("one", "https://shop.example/", json!({ "tags": ["t"] })).await;
    app.shorten("two", "https://shop.example/", json!({})).await;
    app.shorten("three", "https://blog.example/", json!({ "tags": ["t"] })).await;
    let query = "q=shop&tag=t&status=active&created_from=2026-01-31T12:00:00Z&sort=short_code";
    assert_eq!(codes(&app.links(query).await), ["one"]);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order() {
    let app = three_links().await;
    let page = app.links("sort=created_at&limit=1").await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for sort in ["-created_at", "clicks", "-clicks", "short_code"] {
        let answer = app.links(&format!("sort={sort}&cursor={cursor}")).await;
        answer.refuses("cursor", "invalid_field");
    }
    for foreign in ["abc", "", "%00", "AAAA", &"A".repeat(500), &format!("{cursor}A")] {
        let answer = app.links(&format!("sort=created_at&cursor={foreign}")).await;
        answer.refuses("cursor", "invalid_field");
    }
}

#[tokio::test]
async fn filters_that_mean_nothing_are_refused() {
    let app = TestApp::start().await;
    let long_q = format!("q={}", "x".repeat(201));
    let long_tag = format!("tag={}", "x".repeat(51));
    let wrong = [
        ("q", &*long_q),
        ("tag", &*long_tag),
        ("tag", "tag="),
        ("status", "status=blockaded"),
        ("status", "status="),
        ("status", "status=Active"),
        ("owner", "owner=0x1"),
        ("owner", "owner=9007199254740992"),
        ("owner", "short_code=a&owner=1"),
        ("owner", "status=deleted&owner=1"),
        ("sort", "sort=title"),
        ("sort", "sort=--clicks"),
        ("created_from", "created_from=today"),
        ("created_to", "created_to=2026"),
    ];
    for (field, query) in wrong {
        app.links(query).await.refuses(field, "invalid_field");
    }
    app.links("owner_id=2").await.refuses("owner_id", "unknown_field");
    let two = app.links("limit=0&sort=x").await.problem(422, "invalid_field");
    assert_eq!(two["errors"].as_array().unwrap().len(), 2);
}
