//! `curt target-blocks` and `curt reports`, beside a server that learns of their changes.

use serde_json::json;
use testkit::databases::TestDatabase;

use crate::{
    beside::{Beside, Visit, await_visit, leads_to},
    program::Program,
};

const NOT_FOUND: i32 = 3;
const REJECTED: i32 = 4;

/// A visit to a blocked target.
const BLOCKED: Visit = (451, None);

#[test]
fn phish_01_what_the_command_line_blocks_a_server_follows_no_more() {
    let database = TestDatabase::sqlite();
    let beside = Beside::start(&database);
    beside.run(&["links", "add", "https://www.evil.example/x", "--alias=bad"]);
    await_visit(&beside.server, "/bad", &leads_to("https://www.evil.example/x"));
    let words = beside.run(&["target-blocks", "add", "*.evil.example", "--reason=imitates a bank"]);
    assert_eq!(words, "blocked *.evil.example as 1; 1 link leads there\n");
    await_visit(&beside.server, "/bad", &BLOCKED);
    let list = beside.run(&["target-blocks", "list"]);
    assert!(list.contains("*.evil.example") && list.contains("imitates a bank"), "{list}");
    assert_eq!(beside.run(&["target-blocks", "check", "https://good.example/"]), "not blocked\n");
    assert_eq!(beside.run(&["target-blocks", "remove", "1"]), "unblocked 1\n");
    await_visit(&beside.server, "/bad", &leads_to("https://www.evil.example/x"));
}

#[test]
fn reports_are_decided_on_the_command_line() {
    let database = TestDatabase::sqlite();
    let beside = Beside::start(&database);
    beside.run(&["links", "add", "https://www.evil.example/x", "--alias=bad"]);
    let report = json!({ "short_code": "bad", "reason": "malware", "note": "do not open" });
    let sent = beside.server.visitor().post("/api/v1/reports", &report).unwrap();
    assert_eq!(sent.status, 202);
    let list = beside.run(&["reports", "list"]);
    assert!(list.contains("malware") && list.contains("do not open"), "{list}");
    let url = format!("http://{}/bad", beside.server.address());
    assert_eq!(beside.run(&["reports", "disable", "1"]), format!("1: {url} is disabled\n"));
    await_visit(&beside.server, "/bad", &BLOCKED);
    beside.run(&["reports", "enable", "1"]);
    await_visit(&beside.server, "/bad", &leads_to("https://www.evil.example/x"));
    let words = beside.run(&["reports", "block-host", "1"]);
    assert_eq!(words, format!("1: {url} is host_blocked; 1 link leads there\n"));
    await_visit(&beside.server, "/bad", &BLOCKED);
}

const LIST: &str = "\
# a list of ours
0.0.0.0 localhost evil.example www.evil.example
*.bad.example
https://shop.example/login
||ads.example^
not a host
EVIL.example.
";

#[test]
fn a_list_is_imported_once_and_says_what_it_passed_over() {
    let program = Program::new().with_file("list.txt", LIST);
    let import = program.run(&["target-blocks", "import", "list.txt", "--reason=a list"]);
    let told = "line 6 is no host, no *.host and no beginning of a URL\npassed over 1 rules of ad blockers\n";
    assert_eq!(import.told(), (Some(1), "4 added, 1 known before, 1 refused\n", told));
    let again = program.run(&["target-blocks", "import", "list.txt"]);
    assert_eq!(again.stdout, "0 added, 5 known before, 1 refused\n");
    let check = program.run(&["target-blocks", "check", "https://a.bad.example/"]);
    assert_eq!(check.code, Some(REJECTED));
    assert!(check.stderr.contains("*.bad.example: a list"), "{check:?}");
    let add = program.run(&["links", "add", "https://shop.example/login?x"]);
    assert_eq!(add.code, Some(REJECTED));
    assert!(add.stderr.contains("destination that is blocked"), "{add:?}");
    let gone = program.run(&["target-blocks", "remove", "99"]);
    assert_eq!(gone.code, Some(NOT_FOUND));
}

/// Scripts of v0.1.0 keep working; the help shows only the new name.
#[test]
fn destinations_is_another_name_of_target_blocks() {
    let program = Program::new();
    let added = program.run(&["destinations", "add", "evil.example"]);
    assert_eq!(added.stdout, "blocked evil.example as 1; no link leads there\n", "{added:?}");
    assert_eq!(
        program.run(&["target-blocks", "list"]).stdout,
        program.run(&["destinations", "list"]).stdout
    );
    assert!(!program.run(&["--help"]).stdout.contains("destinations"));
}
