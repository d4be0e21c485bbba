//! A dry run and the run after it give the same results, for any caller.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::app::{ADMIN_KEY, TestApp};

const ROUNDS: usize = 12;
const ITEMS: usize = 40;
const TARGET: &str = "https://example.com/";

/// The owners of the links: two users, and none.
const NAMES: [&str; 3] = ["ada", "bob", "nobody"];

/// The aliases that items ask for; three of them are used unchanged.
const WISHES: [&str; 13] = [
    "free",
    "ada-live",
    "ada-deleted",
    "ada-erased",
    "bob-live",
    "bob-deleted",
    "bob-erased",
    "nobody-live",
    "nobody-deleted",
    "nobody-erased",
    "api",
    "no code",
    "",
];

/// Numbers that are the same in every run (xorshift).
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

async fn make(app: &TestApp, key: &str, alias: &str) -> u64 {
    let body = json!({ "original_url": TARGET, "custom_alias": alias });
    let made = app.ask("POST", "/api/v1/urls").key(key).json(&body).await.ok(201);
    made["id"].as_u64().unwrap()
}

/// For each owner an active link, one that can be restored, and an erased one.
async fn make_links(app: &TestApp, keys: [&str; 3], round: usize) {
    for (name, key) in NAMES.into_iter().zip(keys) {
        let id = make(app, key, &format!("{name}-erased-{round}")).await;
        assert_eq!(app.delete(id).await.status, 204);
    }
    app.clock.advance(Duration::from_secs(1));
    assert!(3 <= app.store.erase_deleted(app.clock.now(), 100).await.unwrap());
    for (name, key) in NAMES.into_iter().zip(keys) {
        make(app, key, &format!("{name}-live-{round}")).await;
        let id = make(app, key, &format!("{name}-deleted-{round}")).await;
        assert_eq!(app.delete(id).await.status, 204);
    }
}

fn batch(draws: &mut Draws, round: usize) -> Value {
    let item = |_| {
        let target = [TARGET, TARGET, TARGET, "ftp://example.com/"][draws.below(4)];
        let wish = WISHES[draws.below(WISHES.len())];
        match wish {
            "" => json!({ "original_url": target }),
            "api" | "no code" => json!({ "original_url": target, "custom_alias": wish }),
            _ => json!({ "original_url": target, "custom_alias": format!("{wish}-{round}") }),
        }
    };
    (0..ITEMS).map(item).collect()
}

/// The result of each item: its status, and the code of its problem.
async fn fates(app: &TestApp, key: &str, path: &str, links: &Value) -> Vec<String> {
    let answer = app.ask("POST", path).key(key).json(&json!({ "links": links })).await.ok(200);
    let results = answer["results"].as_array().unwrap().iter();
    let fate = |result: &Value| match result["problem"]["code"].as_str() {
        Some(code) => format!("{} {code}", result["status"]),
        // A planned link has another status than a created one.
        None => "made".to_owned(),
    };
    results.map(fate).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_the_run_does_whoever_had_the_codes() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.person("ada@example.com").await, app.person("bob@example.com").await);
    let keys = [ada.access.as_str(), &bob.access, ADMIN_KEY];
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let mut seen = BTreeSet::new();
    for round in 0..ROUNDS {
        make_links(&app, keys, round).await;
        let (key, links) = (keys[round % keys.len()], batch(&mut draws, round));
        let expected = fates(&app, key, "/api/v1/urls/bulk?dry_run=true", &links).await;
        let happened = fates(&app, key, "/api/v1/urls/bulk", &links).await;
        assert_eq!(expected, happened, "round {round}: {links}");
        seen.extend(happened);
    }
    let all = ["409 code_taken", "422 invalid_code", "422 reserved_code", "made"];
    assert!(all.iter().all(|fate| seen.contains(*fate)), "{seen:?}");
}

#[tokio::test]
async fn a_former_owner_may_have_a_code_again_and_a_dry_run_says_so() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.person("ada@example.com").await, app.person("bob@example.com").await);
    make_links(&app, [&ada.access, &bob.access, ADMIN_KEY], 0).await;
    let links = json!([
        { "original_url": TARGET, "custom_alias": "ada-erased-0" },
        { "original_url": TARGET, "custom_alias": "bob-erased-0" },
        { "original_url": TARGET, "custom_alias": "ada-erased-0" },
    ]);
    for path in ["/api/v1/urls/bulk?dry_run=true", "/api/v1/urls/bulk"] {
        let fates = fates(&app, &ada.access, path, &links).await;
        assert_eq!(fates, ["made", "409 code_taken", "409 code_taken"], "{path}");
    }
}
