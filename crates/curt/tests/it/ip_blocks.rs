//! `curt blocks`, beside a server that learns of the changes.

use serde_json::Value;
use testkit::databases::for_each_engine;

use crate::{
    beside::{Beside, await_visit},
    program::Run,
};

#[tokio::test]
async fn blocks_are_added_listed_and_lifted_beside_a_server() {
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let fails = |arguments: &[&str]| {
            let run = Run::from(beside.spawn(arguments).wait_with_output().unwrap());
            (run.code, run.stderr)
        };
        let added =
            beside.run(&["blocks", "add", "203.0.113.9/24", "--until=2099-01-01T00:00:00Z"]);
        let words = "blocked 203.0.113.0/24 until 2099-01-01T00:00:00.000Z; \
                     lift with: curt blocks lift 1\n";
        assert_eq!(added, words);
        let (code, told) = fails(&["blocks", "add", "127.0.0.1"]);
        assert_eq!(code, Some(4), "{told}");
        assert!(told.contains("force"), "{told}");

        beside.run(&["blocks", "add", "127.0.0.1", "--for=2h", "--reason=a test", "--force"]);
        await_visit(&beside.server, "/nothing", &(403, None));
        let list = beside.run(&["blocks", "list", "--json"]);
        let blocks: Vec<Value> =
            list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0]["network"], "127.0.0.1");
        assert_eq!(blocks[0]["reason"], "a test");
        let table = beside.run(&["blocks", "list"]);
        assert!(table.contains("203.0.113.0/24") && table.contains("manual"), "{table}");

        assert_eq!(
            beside.run(&["blocks", "lift", "127.0.0.1", "1"]),
            "lifted 127.0.0.1\nlifted 1\n"
        );
        await_visit(&beside.server, "/nothing", &(404, None));
        assert_eq!(fails(&["blocks", "lift", "1"]).0, Some(3));
        assert_eq!(fails(&["blocks", "lift", "127.0.0.1"]).0, Some(3));
        assert_eq!(fails(&["blocks", "lift", "nonsense"]).0, Some(4));
    })
    .await;
}
