//! `curt links` without a server: its output and its exit codes.

use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use testkit::databases::for_each_server;

use crate::program::{EXIT_REFUSED, Program, Run};

const NOT_FOUND: i32 = 3;
const REJECTED: i32 = 4;

/// A program with one link, `blog`.
fn with_blog() -> Program {
    let program = Program::new();
    let target = "https://blog.rust-lang.org/";
    let added =
        program.run(&["links", "add", target, "--alias=blog", "--title=Blog", "--tag=news"]);
    assert_eq!(added.told(), (Some(0), "http://localhost:8000/blog\n", ""));
    program
}

/// The output of `--json`, one value for each line.
fn json(run: &Run) -> Vec<Value> {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn show(program: &Program, name: &str) -> Value {
    json(&program.run(&["links", "show", name, "--json"])).remove(0)
}

#[test]
fn the_first_link_makes_the_database_and_the_secret() {
    let program = Program::new();
    for asking in [&["links", "list"][..], &["links", "show", "x"], &["links", "rm", "x"]] {
        let run = program.run(asking);
        let words = "error: ./data/curt.db has no links yet; \
                     the server and `curt links add` make the database\n";
        assert_eq!(run.told(), (Some(NOT_FOUND), "", words));
    }
    assert!(!program.path("data").exists(), "asking makes nothing");

    let added = program.run(&["links", "add", "https://example.com"]);
    assert_eq!((added.code, added.stderr.as_str()), (Some(0), ""));
    let code = added.stdout.trim().strip_prefix("http://localhost:8000/").unwrap();
    assert_eq!(code.len(), 7);
    assert!(program.path("data/secret.key").exists());
    assert!(!program.path("data/admin.key").exists(), "the server makes and announces it");
    program.serve_until_ready();
    assert_eq!(show(&program, code)["original_url"], "https://example.com/");
}

/// Like a database of another user; these tests may run as root, which can read every file.
#[test]
fn a_database_that_cannot_be_looked_for_is_not_called_empty() {
    let program = Program::new().with_file("data", "not a directory");
    let run = program.run(&["links", "list"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let words = "error: looking for the database ./data/curt.db: Not a directory";
    assert!(run.errors().starts_with(words), "{run:?}");
}

/// Ids become codes: with a thousand ids for every command, the short codes would run out.
#[test]
fn a_command_takes_no_more_ids_than_it_needs() {
    let program = Program::new();
    for id in 1..=3 {
        let added = program.run(&["links", "add", "https://example.com", "--json"]);
        assert_eq!(json(&added)[0]["id"], id);
    }
}

#[test]
fn links_are_listed_shown_and_edited() {
    let program = with_blog();
    let list = program.run(&["links", "list"]);
    assert!(list.stdout.starts_with("CODE  STATUS  CLICKS  CREATED"), "{list:?}");
    assert!(list.stdout.contains("Blog   https://blog.rust-lang.org/\n"), "{list:?}");
    let none = program.run(&["links", "list", "--tag=other"]);
    assert_eq!(none.told(), (Some(0), "", "there are no such links\n"));

    let edits = ["--url=https://example.com/new", "--add-tag=x", "--clear=title", "--status=308"];
    let edited = program.run(&[&["links", "edit", "blog"][..], &edits].concat());
    let words = "edited http://localhost:8000/blog, now revision 2\n";
    assert_eq!(edited.told(), (Some(0), words, ""));
    let link = show(&program, "http://localhost:8000/blog+");
    assert_eq!(link["original_url"], "https://example.com/new");
    assert_eq!(link["tags"], serde_json::json!(["news", "x"]));
    assert_eq!((&link["title"], &link["redirect_status"]), (&Value::Null, &Value::from(308)));

    let again = program.run(&["links", "edit", "blog", "--status=308"]);
    assert_eq!(again.told(), (Some(0), "http://localhost:8000/blog is like that already\n", ""));
    let card = program.run(&["links", "show", "blog", "--history"]).stdout;
    assert!(card.contains("\nleads to        https://example.com/new\n"), "{card}");
    assert!(card.contains("\n  title: Blog -> (none)\n"), "{card}");
}

#[test]
fn links_are_switched_deleted_and_restored() {
    let program = with_blog();
    let url = "http://localhost:8000/blog";
    for (deed, words) in [
        ("disable", format!("disabled {url}\n")),
        ("enable", format!("enabled {url}\n")),
        ("rm", format!("deleted {url}; back with: curt links restore -- blog\n")),
    ] {
        assert_eq!(program.run(&["links", deed, "blog"]).told(), (Some(0), words.as_str(), ""));
        let status = program.run(&["links", "list", "--status=disabled"]).stdout;
        assert_eq!(status.contains("blog"), deed == "disable");
    }
    let gone = "error: there is no link with the code blog\n";
    assert_eq!(program.run(&["links", "show", "blog"]).told(), (Some(NOT_FOUND), "", gone));
    let taken = program.run(&["links", "add", "https://example.com", "--alias=blog"]);
    assert_eq!(taken.code, Some(REJECTED), "a code once given stays taken");
    let restored = program.run(&["links", "restore", "--", "blog"]);
    assert_eq!(restored.told(), (Some(0), format!("restored {url}\n").as_str(), ""));
    let kept = "error: there is no deleted link with the code blog\n";
    assert_eq!(program.run(&["links", "restore", "blog"]).told(), (Some(NOT_FOUND), "", kept));
}

#[test]
fn every_mistake_is_a_line_and_the_exit_code_tells_its_kind() {
    let program = with_blog();
    let wrong = ["links", "add", "javascript:alert(1)", "--max-clicks=0", "--tag="];
    let words = "error: URL has the scheme \"javascript\"; http and https are allowed\n\
                 error: --tag is empty\n\
                 error: --max-clicks must be at least 1 and below 2^53\n";
    assert_eq!(program.run(&wrong).told(), (Some(REJECTED), "", words));

    let taken = program.run(&["links", "add", "https://example.com", "--alias=blog"]);
    assert_eq!(taken.told(), (Some(REJECTED), "", "error: the code \"blog\" is taken\n"));
    let stale = program.run(&["links", "edit", "blog", "--title=x", "--if-revision=7"]);
    let words = "error: the link has been edited meanwhile; nothing was changed\n";
    assert_eq!(stale.told(), (Some(REJECTED), "", words));
    let elsewhere = program.run(&["links", "show", "https://example.com/blog"]);
    let words = "error: https://example.com/blog is no short URL of http://localhost:8000/\n";
    assert_eq!(elsewhere.told(), (Some(REJECTED), "", words));

    for usage in [
        &["links", "edit", "blog"][..],
        &["links", "edit", "blog", "--title=x", "--clear=title"],
        &["links", "edit", "blog", "--clear=tags", "--tag=x"],
        &["links", "edit", "blog", "--clear=tags", "--add-tag=x"],
        &["links", "edit", "blog", "--clear=tags", "--remove-tag=news"],
        &["links", "add", "https://a.example", "https://b.example", "--alias=x"],
        &["links", "add", "https://a.example", "--status=303"],
        &["links", "add", "https://a.example", "--expires-in=soon"],
    ] {
        let run = program.run(usage);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
}

#[test]
fn of_several_one_that_fails_does_not_stop_the_others() {
    let program = with_blog();
    let added = program.run(&["links", "add", "https://a.example", "b", "https://c.example"]);
    assert_eq!((added.code, added.stdout.lines().count()), (Some(REJECTED), 2), "{added:?}");
    assert!(added.stderr.starts_with("error: b: URL is not an absolute URL"), "{added:?}");

    let some = program.run(&["links", "rm", "nobody", "blog"]);
    assert!(some.stdout.starts_with("deleted http://localhost:8000/blog"), "{some:?}");
    let words = "error: nobody: there is no link with the code nobody\n";
    assert_eq!((some.code, some.stderr.as_str()), (Some(NOT_FOUND), words));
}

#[test]
fn urls_are_read_from_standard_input() {
    let program = Program::new();
    let mut command = program.command(&["links", "add", "-", "--tag=batch", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = b"https://a.example\r\n\n  https://b.example  \nhttps://c.example/\xff";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    let targets: Vec<_> = json(&run).iter().map(|link| link["original_url"].clone()).collect();
    let all = ["https://a.example/", "https://b.example/", "https://c.example/%EF%BF%BD"];
    assert_eq!(targets, all);
}

/// A create whose answer was lost is repeated without making a second link.
#[test]
fn f20_an_idempotency_key_gives_the_same_link_again() {
    let program = Program::new();
    let add = ["links", "add", "https://example.com", "--idempotency-key=job-7"];
    let first = program.run(&add);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    assert_eq!(program.run(&add), first);
    let other = program.run(&["links", "add", "https://example.org", "--idempotency-key=job-7"]);
    let words = "error: this Idempotency-Key was used with another body\n";
    assert_eq!(other.told(), (Some(REJECTED), "", words));
}

#[test]
fn a_list_of_many_pages_is_whole_and_can_be_left_early() {
    let program = Program::new();
    let urls = (0..450).map(|n| format!("https://example.com/{n}")).collect::<Vec<_>>().join("\n");
    let program = program.with_file("urls", &urls);
    let sh = |script: &str| {
        let mut shell = program.prepare(Command::new("sh"), &["-c", script]);
        shell.env("CURT", env!("CARGO_BIN_EXE_curt"));
        Run::from(shell.output().unwrap())
    };
    let added = sh("$CURT links add - < urls | wc -l");
    assert_eq!(added.told(), (Some(0), "450\n", ""));
    let all = program.run(&["links", "list", "--all", "--json", "--sort=created_at"]);
    let targets: Vec<_> = json(&all).iter().map(|link| link["original_url"].clone()).collect();
    let expected: Vec<_> = urls.lines().map(Value::from).collect();
    assert_eq!(targets, expected);

    let some = program.run(&["links", "list", "--limit=250"]);
    assert_eq!(some.stdout.lines().count(), 251, "one header, whatever the number of pages");
    assert_eq!(some.stderr, "these are the first 250; --all shows the others too\n");
    let left = sh("{ $CURT links list --all; echo $? > code; } | head -n 1; cat code");
    assert!(left.stdout.ends_with("\n0\n"), "{left:?}");
    assert_eq!(left.stderr, "");
}

/// Otherwise a title could clear the terminal or write backwards.
#[test]
fn log_01_titles_do_not_steer_a_terminal() {
    let program = Program::new();
    let add = ["links", "add", "https://example.com", "--alias=x", "--title=a\u{202e}b"];
    assert_eq!(program.run(&add).code, Some(0));
    for command in [&["links", "list"][..], &["links", "show", "x"]] {
        let run = program.run(command);
        assert!(run.stdout.contains("a\\u{202e}b"), "{run:?}");
    }
    let unknown = program.run(&["links", "show", "\u{1b}[2J"]);
    assert_eq!(unknown.code, Some(REJECTED));
    assert!(!unknown.stderr.contains('\u{1b}'), "{unknown:?}");
}

#[test]
fn log_02_no_command_prints_a_key() {
    let keys = ["CURT_SECRET_KEY", "CURT_ADMIN_KEY"].map(|name| (name, random_key()));
    let program = keys.iter().fold(Program::new(), |program, (name, key)| {
        program.with_env(name, key).with_env("CURT_LOG__LEVEL", "trace")
    });
    for command in [
        &["links", "add", "https://example.com", "--alias=x"][..],
        &["links", "add", "https://example.com", "--alias=x", "--json"],
        &["links", "list", "--json"],
        &["links", "show", "x", "--history"],
        &["links", "edit", "x", "--max-clicks=0"],
        &["links", "rm", "x", "--json"],
        &["links", "restore", "x"],
        &["db", "status", "--json"],
    ] {
        let Run { stdout, stderr, .. } = program.run(command);
        for (name, key) in &keys {
            assert!(!stdout.contains(key) && !stderr.contains(key), "{name} in {command:?}");
        }
        assert!(!stdout.contains("Bearer") && !stderr.contains("Bearer"));
    }
}

/// A secret made beside the one that the server was given would be the wrong one.
#[test]
fn boot_01_no_second_secret_is_made_for_a_database() {
    let program = Program::new();
    let mut first = program.command(&["links", "add", "https://example.com"]);
    let first = Run::from(first.env("CURT_SECRET_KEY", random_key()).output().unwrap());
    assert_eq!(first.code, Some(0), "{first:?}");
    for command in [&["links", "add", "https://example.com"][..], &["links", "list"]] {
        let run = program.run(command);
        assert_eq!(run.code, Some(EXIT_REFUSED));
        assert!(run.errors().contains("belongs to a secret key that is not here"), "{run:?}");
    }
    assert!(!program.path("data/secret.key").exists());
    let mut other = program.command(&["links", "list"]);
    let other = Run::from(other.env("CURT_SECRET_KEY", random_key()).output().unwrap());
    assert_eq!(other.code, Some(EXIT_REFUSED));
    assert_eq!(other.errors(), "error: the database was set up with another secret key");
}

#[test]
fn commands_that_begin_together_make_one_database() {
    let program = Program::new();
    let add = |n: usize| {
        let mut command = program.command(&["links", "add", &format!("https://example.com/{n}")]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs =
        [1, 2, 3, 4, 5, 6].map(add).map(|child| Run::from(child.wait_with_output().unwrap()));
    for run in &runs {
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
    let urls = runs.map(|run| run.stdout);
    assert_eq!(BTreeSet::from(urls).len(), 6);
    let list = program.run(&["links", "list", "--json"]);
    assert_eq!(json(&list).len(), 6);
}

#[test]
fn passwords_of_links_come_from_standard_input() {
    let program = with_blog();
    let edit = ["links", "edit", "blog", "--password"];
    let weak = program.run_with_input(&edit, b"password\n");
    assert_eq!(weak.told(), (Some(REJECTED), "", "error: --password is easy to guess\n"));
    let nothing = program.run_with_input(&edit, b"");
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let set = program.run_with_input(&edit, b"tulips by the harbour\n");
    assert_eq!(set.told(), (Some(0), "edited http://localhost:8000/blog, now revision 2\n", ""));
    assert_eq!(show(&program, "blog")["has_password"], true);
    let card = program.run(&["links", "show", "blog"]).stdout;
    assert!(card.contains("password        visitors are asked for one\n"), "{card}");
    let both = program.run(&["links", "edit", "blog", "--password", "--clear=password"]);
    assert_eq!(both.errors(), "error: password cannot be set and cleared at once");
    let cleared = program.run(&["links", "edit", "blog", "--clear=password"]);
    assert_eq!(cleared.code, Some(0), "{cleared:?}");
    assert_eq!(show(&program, "blog")["has_password"], false);
    let lines = program.run_with_input(&["links", "add", "-", "--password"], b"https://a.b/\n");
    assert_eq!(lines.errors(), "error: --password and - would both read standard input");
}

#[tokio::test]
async fn a_database_server_without_tables_has_no_links_yet() {
    for_each_server(async |database| {
        let url = database.url();
        let program = Program::new()
            .with_env("CURT_DATABASE_URL", &url)
            .with_env("CURT_SECRET_KEY", &random_key());
        let run = program.run(&["links", "list"]);
        assert_eq!(run.code, Some(NOT_FOUND), "{run:?}");
        assert!(run.errors().contains("has no links yet"), "{run:?}");
        let added = program.run(&["links", "add", "https://example.com", "--alias=x"]);
        assert_eq!(added.told(), (Some(0), "http://localhost:8000/x\n", ""));
        assert_eq!(show(&program, "x")["original_url"], "https://example.com/");
        assert!(!program.path("data").exists(), "nothing is kept here");
    })
    .await;
}

#[test]
fn completions_are_there_for_every_shell() {
    let program = Program::new().with_env("CURT_NONSENSE__X", "no setting is read for it");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = program.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        assert!(run.stdout.contains("if-revision"), "{shell}");
    }
}

fn random_key() -> String {
    let mut bytes = [0_u8; 32];
    fastrand::fill(&mut bytes);
    STANDARD.encode(bytes)
}
