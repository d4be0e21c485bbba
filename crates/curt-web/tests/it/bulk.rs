//! Creating many links with one request: every item has its own result.

use std::{collections::HashSet, future::IntoFuture as _};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{answer::Answer, app::TestApp};

const TARGET: &str = "https://example.com/";

/// The results of an answer, each with its index checked.
fn results(answer: &Answer) -> Vec<Value> {
    let answer = answer.ok(200);
    let results = answer["results"].as_array().unwrap();
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["index"], index, "{result}");
    }
    results.clone()
}

fn statuses(answer: &Answer) -> Vec<u64> {
    results(answer).iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

fn links(count: usize) -> Value {
    (0..count).map(|number| json!({ "original_url": format!("{TARGET}{number}") })).collect()
}

fn aliases(codes: impl IntoIterator<Item = String>) -> Value {
    let link = |code| json!({ "original_url": TARGET, "custom_alias": code });
    codes.into_iter().map(link).collect()
}

#[tokio::test]
async fn every_item_is_answered_like_a_single_create() {
    let app = TestApp::start().await;
    app.shorten("taken", TARGET, json!({})).await;
    let everything = json!({
        "original_url": "https://Example.com/a b", "custom_alias": "mine", "title": "T",
        "note": "n", "tags": ["b", "a"], "redirect_status": 301, "forward_query": true,
        "valid_from": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z",
        "max_clicks": 3, "fallback_url": "https://example.org/",
    });
    let items = json!([
        everything,
        { "original_url": "javascript:alert(1)", "max_clicks": 0 },
        { "original_url": TARGET, "custom_alias": "taken" },
        { "original_url": TARGET },
    ]);
    let answer = app.create_bulk(&items).await;
    assert_eq!(statuses(&answer), [201, 422, 409, 201]);
    let results = results(&answer);

    let mine = &results[0]["link"];
    assert_eq!(app.link(mine["id"].as_u64().unwrap()).await.ok(200), *mine);
    assert_eq!(
        (&mine["short_url"], &mine["tags"]),
        (&json!("https://sho.rt/mine"), &json!(["a", "b"]))
    );
    assert_eq!(app.visit("/mine").await.header("location"), "https://example.com/a%20b");
    let generated = results[3]["link"]["short_code"].as_str().unwrap();
    app.visit(&format!("/{generated}")).await.leads_to(302, TARGET);

    for (result, single) in [(1, items[1].clone()), (2, items[2].clone())] {
        let expected: Value = serde_json::from_slice(&app.create(&single).await.body).unwrap();
        assert_eq!(results[result]["problem"], expected);
        assert_eq!(results[result].get("link"), None);
    }
    assert_eq!(app.link_count().await, 3);
}

#[tokio::test]
async fn one_wrong_item_in_the_middle_costs_no_other() {
    let app = TestApp::start().await;
    let good = json!({ "original_url": TARGET });
    let wrong = [
        ("invalid_field", json!({})),
        ("invalid_field", json!(null)),
        ("invalid_field", json!(7)),
        ("invalid_field", json!([TARGET])),
        ("invalid_field", json!({ "original_url": 7 })),
        ("invalid_field", json!({ "original_url": TARGET, "tags": { "a": 1 } })),
        ("unknown_field", json!({ "original_url": TARGET, "url": TARGET })),
        ("invalid_code", json!({ "original_url": TARGET, "custom_alias": "a/b" })),
        ("reserved_code", json!({ "original_url": TARGET, "custom_alias": "api" })),
        ("payload_too_large", json!({ "original_url": TARGET, "note": "x".repeat(64 * 1024) })),
    ];
    for (code, item) in wrong {
        let answer = app.create_bulk(&json!([good, item, good])).await;
        let results = results(&answer);
        let statuses = [&results[0]["status"], &results[2]["status"]];
        assert_eq!(statuses, [201, 201], "{item}");
        assert_eq!(results[1]["problem"]["code"], code, "{item}");
        assert_eq!(results[1]["problem"]["status"], results[1]["status"]);
    }
    assert_eq!(app.link_count().await, 20);
}

#[tokio::test]
async fn mass_01_an_item_sets_nothing_that_is_not_its_own() {
    let app = TestApp::start().await;
    let fields =
        ["owner_id", "is_admin", "clicks", "created_at", "id", "password_hash", "domain_id"];
    let items: Vec<Value> =
        fields.iter().map(|field| json!({ "original_url": TARGET, (*field): 1 })).collect();
    let answer = app.create_bulk(&json!(items)).await;
    for (field, result) in fields.iter().zip(results(&answer)) {
        assert_eq!(result["problem"]["code"], "unknown_field");
        assert_eq!(result["problem"]["errors"][0]["field"], *field);
    }
    // With a duplicate name, neither value is chosen.
    let twice = format!(
        "{{\"links\": [{{\"original_url\": \"{TARGET}\", \"original_url\": \"{TARGET}\"}}]}}"
    );
    let answer = app.create_bulk(&json!([])).body("application/json", twice).await;
    assert_eq!(results(&answer)[0]["problem"]["errors"][0]["field"], "original_url");
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn int_01_numbers_out_of_range_are_refused_item_by_item() {
    let app = TestApp::start().await;
    let numbers = ["-1", "0", "1.5", "15e-1", "9007199254740992", "9223372036854775808", "1e999"];
    let item = |number| format!("{{\"original_url\": \"{TARGET}\", \"max_clicks\": {number}}}");
    let items: Vec<String> = numbers.iter().map(item).collect();
    let body = format!("{{\"links\": [{}]}}", items.join(","));
    let answer = app.create_bulk(&json!([])).body("application/json", body).await;
    let expected = [422, 422, 422, 422, 422, 422, 400];
    assert_eq!(statuses(&answer), expected, "{answer:?}");
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn url_01_no_item_leads_to_a_script() {
    let app = TestApp::start().await;
    let targets =
        ["javascript:alert(1)", "JaVaScRiPt:x", " javascript:x", "java\tscript:x", "data:,x"];
    let items: Vec<Value> = targets.iter().map(|url| json!({ "original_url": url })).collect();
    let answer = app.create_bulk(&json!(items)).await;
    for result in results(&answer) {
        assert_eq!(result["problem"]["code"], "unsupported_scheme", "{result}");
    }
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn a_body_that_is_no_list_of_links_is_refused_whole() {
    let app = TestApp::start().await;
    let ask = |body: &'static str| app.create_bulk(&json!([])).body("application/json", body);
    ask("{\"links\": [{\"original_url\": ]}").await.problem(400, "invalid_json");
    ask("{\"links\": []").await.problem(400, "invalid_json");
    ask("").await.problem(400, "invalid_json");
    ask("{}").await.refuses("links", "invalid_field");
    ask("{\"links\": null}").await.refuses("links", "invalid_field");
    ask("{\"links\": {}}").await.refuses("links", "invalid_field");
    ask("{\"links\": [], \"more\": 1}").await.refuses("more", "unknown_field");
    ask("[]").await.refuses("body", "invalid_field");
    let text = app.create_bulk(&json!([])).body("text/plain", "{\"links\": []}").await;
    text.problem(415, "unsupported_media_type");
    let query = app.ask("POST", "/api/v1/urls/bulk?dry_run=maybe").key(crate::app::ADMIN_KEY);
    query.json(&json!({ "links": [] })).await.refuses("dry_run", "invalid_field");
    assert_eq!(app.create_bulk(&json!([])).await.ok(200), json!({ "results": [] }));
}

#[tokio::test]
async fn only_the_administrator_creates_many() {
    let app = TestApp::with(|settings| settings.links.anonymous_create = true).await;
    let bulk = || app.create_bulk(&links(1));
    bulk().without("authorization").await.problem(401, "unauthenticated");
    bulk().key("wrong").await.problem(401, "unauthenticated");
    assert_eq!(app.link_count().await, 0);
}

#[tokio::test]
async fn ten_thousand_links_are_created_and_not_one_more() {
    let app = TestApp::start().await;
    let answer = app.create_bulk(&links(10_000)).await;
    let results = results(&answer);
    let codes: HashSet<&str> =
        results.iter().map(|result| result["link"]["short_code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10_000);
    let last = results[9_999]["link"]["short_code"].as_str().unwrap();
    app.visit(&format!("/{last}")).await.leads_to(302, "https://example.com/9999");

    app.create_bulk(&links(10_001)).await.refuses("links", "invalid_field");
    assert_eq!(app.links("q=10000").await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn a_body_has_16_mib_and_not_a_byte_more() {
    let app = TestApp::start().await;
    let body = |len: usize| {
        let start = format!("{{\"links\": [{{\"original_url\": \"{TARGET}\"}}]");
        format!("{start}{}}}", " ".repeat(len - start.len() - 1))
    };
    let ask = |len| app.create_bulk(&json!([])).body("application/json", body(len));
    assert_eq!(statuses(&ask(16 << 20).await), [201]);
    let problem = ask((16 << 20) + 1).await.problem(413, "payload_too_large");
    assert!(problem["detail"].as_str().unwrap().contains("16777216"), "{problem}");
    assert_eq!(app.link_count().await, 1);
}

#[tokio::test]
async fn long_items_are_written_in_shorter_chunks() {
    let app = TestApp::start().await;
    let note = "x".repeat(2_000);
    let item = |number| json!({ "original_url": TARGET, "note": note, "custom_alias": format!("n{number}") });
    let items: Vec<Value> = (0..1_200).map(item).collect();
    let answer = app.create_bulk(&json!(items)).await;
    let codes: Vec<_> = results(&answer).iter().map(|r| r["link"]["short_code"].clone()).collect();
    let expected: Vec<_> = (0..1_200).map(|number| json!(format!("n{number}"))).collect();
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn of_equal_aliases_the_first_counts() {
    let app = TestApp::start().await;
    let mut codes: Vec<String> = (0..600).map(|number| format!("code{number}")).collect();
    // In the same chunk, and in another one.
    codes[1] = "code0".to_owned();
    codes[599] = "code0".to_owned();
    let statuses = statuses(&app.create_bulk(&aliases(codes)).await);
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, if [1, 599].contains(&index) { 409 } else { 201 }, "{index}");
    }
    assert_eq!(app.link_count().await, 598);
}

#[tokio::test]
async fn generated_codes_that_are_taken_are_generated_anew() {
    let app = TestApp::start().await;
    // The codes of the next ids, to be taken by aliases.
    let probe = TestApp::start().await;
    let made = probe.create_bulk(&links(6)).await;
    let codes: Vec<String> = results(&made)
        .iter()
        .map(|result| result["link"]["short_code"].as_str().unwrap().to_owned())
        .collect();
    // Three aliases use up ids 1 to 3, so the codes of ids 4 to 6 are in the way.
    for code in &codes[3..] {
        app.shorten(code, TARGET, json!({})).await;
    }
    let answer = app.create_bulk(&links(5)).await;
    assert_eq!(statuses(&answer), [201; 5]);
    assert_eq!(app.link_count().await, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn race_01_of_many_bulks_with_the_same_aliases_each_alias_has_one_winner() {
    let app = TestApp::start().await;
    let mut bulks = JoinSet::new();
    for bulk in 0..4 {
        let mut codes: Vec<String> = (0..700).map(|number| format!("code{number}")).collect();
        if bulk % 2 == 1 {
            codes.reverse();
        }
        bulks.spawn(app.create_bulk(&aliases(codes)).into_future());
    }
    let mut created = Vec::new();
    for answer in bulks.join_all().await {
        for result in results(&answer) {
            match result["status"].as_u64() {
                Some(201) => created.push(result["link"]["short_code"].to_string()),
                status => assert_eq!(status, Some(409), "{result}"),
            }
        }
    }
    assert_eq!(created.len(), 700);
    assert_eq!(created.into_iter().collect::<HashSet<_>>().len(), 700);
    assert_eq!(app.link_count().await, 700);
}

#[tokio::test]
async fn a_new_link_is_followed_at_once_where_its_absence_was_remembered() {
    let app = TestApp::start().await;
    app.ask("GET", "/mine").await.problem(404, "not_found");
    app.create_bulk(&aliases(["mine".to_owned()])).await.ok(200);
    app.visit("/mine").await.leads_to(302, TARGET);
}

#[tokio::test]
async fn a_dry_run_finds_what_would_go_wrong_and_writes_nothing() {
    let app = TestApp::start().await;
    app.shorten("taken", TARGET, json!({})).await;
    let deleted = app.shorten("deleted", TARGET, json!({})).await;
    assert_eq!(app.delete(deleted).await.status, 204);
    let items = json!([
        { "original_url": "https://Example.com" },
        { "original_url": TARGET, "custom_alias": "free" },
        { "original_url": TARGET, "custom_alias": "taken" },
        { "original_url": TARGET, "custom_alias": "deleted" },
        { "original_url": TARGET, "custom_alias": "free" },
        { "original_url": "ftp://example.com/", "custom_alias": "other" },
        { "original_url": TARGET, "custom_alias": "other" },
    ]);
    let answer = app.try_bulk(&items).header("idempotency-key", "k").await;
    assert_eq!(statuses(&answer), [200, 200, 409, 409, 409, 422, 200]);
    let results = results(&answer);
    assert_eq!(results[0]["planned"], json!({ "original_url": "https://example.com/" }));
    let planned = json!({
        "original_url": TARGET, "short_code": "free", "short_url": "https://sho.rt/free"
    });
    assert_eq!(results[1]["planned"], planned);
    assert_eq!(results[2]["problem"]["code"], "code_taken");
    assert_eq!(app.link_count().await, 1);
    // The dry run did not use up the key.
    let written = app.create_bulk(&items).header("idempotency-key", "k").await;
    assert_eq!(statuses(&written), [201, 201, 409, 409, 409, 422, 201]);
    assert_eq!(app.try_bulk(&json!([])).await.ok(200), json!({ "results": [] }));
}

#[tokio::test]
async fn a_dry_run_sees_repetitions_over_all_of_the_request() {
    let app = TestApp::start().await;
    let mut codes: Vec<String> = (0..1_200).map(|number| format!("code{number}")).collect();
    codes[1_100] = "code3".to_owned();
    let statuses = statuses(&app.try_bulk(&aliases(codes)).await);
    let refused: Vec<usize> = (0..1_200).filter(|&index| statuses[index] == 409).collect();
    assert_eq!(refused, [1_100]);
    assert_eq!(app.link_count().await, 0);
}
