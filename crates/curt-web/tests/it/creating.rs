//! Creating links: what is answered, what is refused, and that nothing else can be written.

use std::{collections::BTreeSet, ops::Range};

use curt_domain::{Alphabet, CodeMaker, CodeSettings, CodeStrategy, LinkId};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{TestApp, secret};

const TARGET: &str = "https://example.com/";

#[tokio::test]
async fn a_link_has_these_fields() {
    let app = TestApp::start().await;
    let created = app.create(&json!({ "original_url": "https://example.com/a?b=c#d" })).await;
    let link = created.ok(201);
    assert_json_snapshot!(link);
    assert_eq!(created.header("location"), format!("/api/v1/urls/{}", link["id"]));
    assert_eq!(created.header("etag"), "\"1\"");

    let shown = app.link(link["id"].as_u64().unwrap()).await;
    assert_eq!(shown.ok(200), link);
    assert_eq!(shown.header("etag"), "\"1\"");
    assert_eq!(app.links("").await.ok(200)["items"], json!([link]));
}

#[tokio::test]
async fn everything_that_can_be_set_comes_back() {
    let app = TestApp::start().await;
    let id = app.shorten("Whole_link-1", "https://example.com/whole", whole_link()).await;
    assert_json_snapshot!(app.link(id).await.ok(200));
}

fn whole_link() -> Value {
    json!({
        "title": "  The <b>whole</b> of it  ",
        "note": "line one\nline two",
        "tags": ["spring", "Ähre", "spring", "campaign"],
        "redirect_status": 307,
        "forward_query": true,
        "valid_from": "2026-02-01T00:00:00+01:00",
        "expires_at": "2026-03-01T00:00:00.123456Z",
        "max_clicks": 9_007_199_254_740_991_u64,
        "password": "tulips by the harbour",
        "fallback_url": "https://EXAMPLE.com/over",
    })
}

/// So that an import never makes a link active that was switched off.
#[tokio::test]
async fn a_link_can_be_made_switched_off() {
    let app = TestApp::start().await;
    let off = app.shorten("off", TARGET, json!({ "status": "disabled" })).await;
    assert_eq!(app.link(off).await.ok(200)["status"], "disabled");
    assert_eq!(app.visit("/off").await.status, 404);
    app.edit(off, &json!({ "status": "active" })).await.ok(200);
    assert_eq!(app.visit("/off").await.status, 302);

    let on = app.shorten("on", TARGET, json!({ "status": "active" })).await;
    assert_eq!(app.link(on).await.ok(200)["status"], "active");
    let expired = json!({ "original_url": TARGET, "status": "expired" });
    app.create(&expired).await.refuses("status", "invalid_field");
}

#[tokio::test]
async fn absent_and_null_are_the_same_for_what_is_optional() {
    let app = TestApp::start().await;
    let nulls = json!({
        "original_url": TARGET, "custom_alias": null, "title": null, "note": null,
        "tags": null,
        "redirect_status": null, "forward_query": null, "valid_from": null, "expires_at": null,
        "max_clicks": null, "fallback_url": null, "status": null,
    });
    let link = app.create(&nulls).await.ok(201);
    assert_eq!((&link["redirect_status"], &link["forward_query"]), (&json!(302), &json!(false)));
    assert_eq!(link["tags"], json!([]));
}

#[tokio::test]
async fn one_answer_names_everything_that_is_wrong() {
    let app = TestApp::start().await;
    let wrong = json!({
        "original_url": "javascript:alert(1)", "custom_alias": "admin", "title": " ",
        "note": "bell \u{7}", "tags": ["", "x".repeat(51)], "redirect_status": 303,
        "valid_from": "tomorrow", "expires_at": "2026-13-01T00:00:00Z", "max_clicks": 0,
        "password": "1234567", "fallback_url": "https://sho.rt/x",
    });
    assert_json_snapshot!(app.create(&wrong).await.problem(422, "invalid_field"));
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn every_text_has_its_limit() {
    let app = TestApp::start().await;
    // Counted in characters: all of these are longer in bytes.
    let longest = [("title", json!("ä".repeat(255))), ("note", json!("ä".repeat(2_000)))];
    for (field, value) in longest {
        app.create(&json!({ "original_url": TARGET, (field): value })).await.ok(201);
    }
    let tags: Vec<String> = (0..20).map(|number| format!("{number:ä>50}")).collect();
    app.create(&json!({ "original_url": TARGET, "tags": tags })).await.ok(201);

    let tags: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let too_long = [
        ("title", "title", json!("x".repeat(256))),
        ("note", "note", json!("x".repeat(2_001))),
        ("tags", "tags[0]", json!(["x".repeat(51)])),
        ("tags", "tags", json!(tags)),
    ];
    for (field, named, value) in too_long {
        let body = json!({ "original_url": TARGET, (field): value });
        app.create(&body).await.refuses(named, "invalid_field");
    }
}

#[tokio::test]
async fn a_link_ends_after_it_begins() {
    let app = TestApp::start().await;
    let backwards = json!({
        "original_url": TARGET,
        "valid_from": "2026-02-01T00:00:00Z",
        "expires_at": "2026-02-01T01:00:00+01:00",
    });
    app.create(&backwards).await.refuses("expires_at", "invalid_field");
}

#[tokio::test]
async fn enum_01_codes_have_seven_digits_in_no_order() {
    let app = TestApp::start().await;
    let links: Vec<Value> = (0..500).map(|_| json!({ "original_url": TARGET })).collect();
    let made = app.create_bulk(&json!(links)).await.ok(200);
    let made = made["results"].as_array().unwrap().iter();
    let codes: Vec<&str> = made.map(|item| item["link"]["short_code"].as_str().unwrap()).collect();
    assert!(codes.iter().all(|code| 7 <= code.len()), "{codes:?}");
    // If neighbouring codes are unrelated, the later one is the greater half of the time.
    let rising = codes.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((200..300).contains(&rising), "{rising} of 499");
    for place in 0..7 {
        let digits: BTreeSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
        assert!(40 < digits.len(), "{} digits in place {place}", digits.len());
    }
}

#[tokio::test]
async fn mass_01_nothing_but_the_known_fields_is_taken() {
    let app = TestApp::start().await;
    let id = app.shorten("mine", TARGET, json!({})).await;
    let before = app.link(id).await.ok(200);
    let foreign = [
        "owner_id",
        "is_admin",
        "role",
        "clicks",
        "created_at",
        "updated_at",
        "id",
        "password_hash",
        "domain_id",
        "workspace_id",
        "short_code",
        "short_url",
        "revision",
        "deleted_at",
        "disabled_at",
        "last_click_at",
        "has_password",
        "__proto__",
    ];
    for field in foreign {
        let create = json!({ "original_url": TARGET, (field): 1 });
        app.create(&create).await.refuses(field, "unknown_field");
        app.edit(id, &json!({ (field): 1 })).await.refuses(field, "unknown_field");
    }
    app.edit(id, &json!({ "custom_alias": "other" }))
        .await
        .refuses("custom_alias", "unknown_field");
    let status = json!({ "original_url": TARGET, "status": "blocked" });
    app.create(&status).await.refuses("status", "invalid_field");
    assert_eq!(app.link(id).await.ok(200), before);
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn mass_01_a_field_that_stands_twice_is_refused() {
    let app = TestApp::start().await;
    let twice =
        r#"{"original_url":"https://good.example/","original_url":"https://evil.example/"}"#;
    let answer = app.create(&Value::Null).body("application/json", twice).await;
    answer.refuses("original_url", "invalid_field");
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn mass_01_fields_have_names_not_places() {
    let app = TestApp::start().await;
    let in_order = json!([TARGET, null, null, null, [], null, null, null, null, null, null]);
    app.create(&in_order).await.refuses("body", "invalid_field");
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn auth_09_types_are_not_guessed() {
    let app = TestApp::start().await;
    let wrong = [
        ("original_url", json!(true)),
        ("original_url", json!([TARGET])),
        ("original_url", json!({})),
        ("original_url", json!(null)),
        ("custom_alias", json!(7)),
        ("title", json!(false)),
        ("tags", json!("spring")),
        ("redirect_status", json!("302")),
        ("redirect_status", json!(302.5)),
        ("forward_query", json!(1)),
        ("forward_query", json!("true")),
        ("expires_at", json!(1_800_000_000)),
        ("max_clicks", json!("1")),
        ("max_clicks", json!(1.5)),
        ("fallback_url", json!([])),
    ];
    for (field, value) in wrong {
        let mut body = json!({ "original_url": TARGET });
        body[field] = value;
        app.create(&body).await.refuses(field, "invalid_field");
    }
    assert_eq!(app.link_count().await, 0);
}

/// The codes of ids follow each other.
const SEQUENTIAL: CodeSettings =
    CodeSettings { strategy: CodeStrategy::Sequential, alphabet: Alphabet::Base58, length: 4 };

/// Takes the codes of the ids after the next `count`.
async fn take_codes_ahead(app: &TestApp, count: u64) {
    let maker = CodeMaker::new(SEQUENTIAL, &secret());
    let app_link = app.create(&json!({ "original_url": TARGET })).await.ok(201);
    let first = app_link["id"].as_u64().unwrap() + 1;
    for ahead in first + count..first + 2 * count {
        let code = maker.code(LinkId::new(ahead).unwrap(), || unreachable!("nothing is drawn"));
        app.shorten(code.as_str(), TARGET, json!({})).await;
    }
}

#[tokio::test]
async fn int_02_a_generated_code_makes_way_for_aliases() {
    let app = TestApp::with(|settings| settings.codes = SEQUENTIAL).await;
    take_codes_ahead(&app, 7).await;
    let link = app.create(&json!({ "original_url": TARGET })).await.ok(201);
    let path = format!("/{}", link["short_code"].as_str().unwrap());
    app.visit(&path).await.leads_to(302, TARGET);
}

#[tokio::test]
async fn int_02_looking_for_a_free_code_ends() {
    let app = TestApp::with(|settings| settings.codes = SEQUENTIAL).await;
    let link = json!({ "original_url": TARGET });
    let maker = CodeMaker::new(SEQUENTIAL, &secret());
    // The id of each try, after the eight ids that the aliases themselves get.
    let mut ahead = app.create(&link).await.ok(201)["id"].as_u64().unwrap() + 9;
    for misses in 1..=8 {
        let code = maker.code(LinkId::new(ahead).unwrap(), || unreachable!("nothing is drawn"));
        app.shorten(code.as_str(), TARGET, json!({})).await;
        ahead += 10_u64.pow(misses);
    }
    app.create(&link).await.problem(500, "internal");
    app.create(&link).await.ok(201);
}

/// Links imported with the codes that the same secret made for them elsewhere.
#[tokio::test]
async fn generated_codes_find_their_way_past_a_crowd_of_imported_ones() {
    let app = TestApp::start().await;
    let codes = CodeMaker::new(CodeSettings::DEFAULT, &secret());
    let code = |id| codes.code(LinkId::new(id).unwrap(), || 0);
    let imported = |ids: Range<u64>| -> Value {
        let link = |id| json!({ "original_url": TARGET, "custom_alias": code(id).as_str() });
        ids.map(link).collect()
    };
    app.create_bulk(&imported(1_001..3_001)).await.ok(200);
    for _ in 0..3 {
        app.create(&json!({ "original_url": TARGET })).await.ok(201);
    }
    let app = TestApp::start().await;
    app.create_bulk(&imported(701..1_501)).await.ok(200);
    let many: Vec<Value> = (0..700).map(|_| json!({ "original_url": TARGET })).collect();
    let results = app.create_bulk(&many.into()).await.ok(200);
    let created = results["results"].as_array().unwrap().iter();
    assert_eq!(created.filter(|result| result["status"] == 201).count(), 700);
}
