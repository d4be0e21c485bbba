//! `curt links` while servers run on the same database: they learn of every change (promise P4).

use serde_json::{Value, json};
use testkit::databases::for_each_engine;

use crate::{
    beside::{Beside, await_visit, leads_to, visit},
    program::Run,
};

#[tokio::test]
async fn cache_04_a_running_server_hears_of_every_change() {
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let mut visitor = beside.server.visitor();
        assert_eq!(visit(&mut visitor, "/blog").0, 404, "the absence is remembered now");

        let added = beside.run(&["links", "add", "https://example.com/old", "--alias=blog"]);
        assert_eq!(added, format!("http://{}/blog\n", beside.server.address()));
        await_visit(&beside.server, "/blog", &leads_to("https://example.com/old"));
        beside.run(&["links", "edit", added.trim(), "--url=https://example.com/new"]);
        await_visit(&beside.server, "/blog", &leads_to("https://example.com/new"));
        for (deed, then) in [
            ("disable", (404, None)),
            ("enable", leads_to("https://example.com/new")),
            ("rm", (404, None)),
            ("restore", leads_to("https://example.com/new")),
        ] {
            beside.run(&["links", deed, "blog"]);
            await_visit(&beside.server, "/blog", &then);
        }
    })
    .await;
}

#[tokio::test]
async fn a_history_of_many_pages_is_whole() {
    const EDITS: usize = 250;
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let added = beside.run(&["links", "add", "https://example.com", "--alias=x", "--json"]);
        let link: Value = serde_json::from_str(&added).unwrap();
        let path = format!("/api/v1/urls/{}", link["id"]);
        let mut client = beside.server.client();
        for n in 1..=EDITS {
            let edited = client.patch(&path, &json!({ "title": n.to_string() })).unwrap();
            assert_eq!(edited.status, 200);
        }
        let history = beside.run(&["links", "show", "x", "--history", "--json"]);
        let title = |line: &str| serde_json::from_str::<Value>(line).unwrap()["title"].clone();
        let titles: Vec<_> = history.lines().map(title).collect();
        let mut expected: Vec<_> = (1..EDITS).rev().map(|n| json!(n.to_string())).collect();
        expected.push(Value::Null);
        assert_eq!(titles, expected, "newest first");
    })
    .await;
}

/// On SQLite the server and every command take turns with one file.
#[tokio::test]
async fn commands_and_a_server_write_at_the_same_time() {
    const COMMANDS: usize = 3;
    const LINKS_EACH: usize = 20;
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let urls = |n: usize| (0..LINKS_EACH).map(move |k| format!("https://example.com/{n}/{k}"));
        let commands: Vec<_> = (0..COMMANDS)
            .map(|n| {
                let urls: Vec<_> = urls(n).collect();
                let words = ["links", "add"].into_iter().chain(urls.iter().map(String::as_str));
                beside.spawn(&words.collect::<Vec<_>>())
            })
            .collect();
        let mut client = beside.server.client();
        for url in urls(COMMANDS) {
            let body = json!({ "original_url": url });
            assert_eq!(client.post("/api/v1/urls", &body).unwrap().status, 201);
        }
        for command in commands {
            let run = Run::from(command.wait_with_output().unwrap());
            assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
            assert_eq!(run.stdout.lines().count(), LINKS_EACH);
        }
        let list = beside.run(&["links", "list", "--all", "--json"]);
        assert_eq!(list.lines().count(), (COMMANDS + 1) * LINKS_EACH);
    })
    .await;
}
