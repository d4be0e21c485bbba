//! `curt links import` and `export`: an import reads what an export writes, and what both refuse.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    os::{
        fd::OwnedFd,
        unix::{fs::symlink, net::UnixStream},
    },
    process::Stdio,
    time::{Duration, Instant},
};

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use testkit::databases::for_each_engine;

use crate::{
    beside::Beside,
    program::{Program, Run},
};

const REJECTED: i32 = 4;

/// Far more than 500 links take; two cores with other tests on them need the rest.
const IMPORTED_WITHIN: Duration = Duration::from_secs(20);

/// Fields that an import does not set.
const READ_ONLY: [&str; 6] =
    ["id", "clicks", "last_click_at", "revision", "created_at", "updated_at"];

fn import(program: &Program, arguments: &[&str]) -> Run {
    program.run(&[&["links", "import"][..], arguments].concat())
}

/// Imports text from standard input.
fn import_text(program: &Program, text: &[u8], arguments: &[&str]) -> Run {
    let arguments = [&["links", "import", "-"][..], arguments].concat();
    program.run_with_input(&arguments, text)
}

fn sums(made: usize, skipped: usize, failed: usize) -> String {
    format!("made {made} links, skipped {skipped} rows, failed {failed} rows\n")
}

/// All links by their code, without the fields that the database sets.
fn links(program: &Program) -> BTreeMap<String, Value> {
    let list = program.run(&["links", "list", "--all", "--json"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    let link = |line: &str| {
        let mut link: Map<String, Value> = serde_json::from_str(line).unwrap();
        link.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        (link["short_code"].as_str().unwrap().to_owned(), link.into())
    };
    list.stdout.lines().map(link).collect()
}

/// The body of a create, with random values in all fields.
fn any_link() -> impl Strategy<Value = Value> {
    let text = "[-=+@'\"a-zÄ€ ,;\\[\\]]{1,12}";
    let words = vec(text, 0..3).prop_map(|tags| {
        // A tag that is empty once it is trimmed is no tag.
        tags.into_iter().filter(|tag| !tag.trim().is_empty()).collect::<Vec<_>>()
    });
    let note = "[=a-z][-=+@'\"a-z,;\\n\\r\\t]{0,20}[a-z]";
    let title = option::of("[-=+@'\"a-zÄ€]{1,12}");
    let dates = select(vec![
        (None, None),
        (None, Some("2020-01-01T00:00:00.000Z")),
        (Some("2030-01-01T00:00:00.000Z"), Some("2031-01-01T00:00:00.000Z")),
    ]);
    let numbers = (select(vec![301, 302, 307, 308]), option::of(1..1_000_000_u64));
    let path = "[-a-z0-9=+@'\",;%]{0,12}";
    let more = (any::<bool>(), dates, numbers, select(vec!["active", "disabled"]));
    (path, title, option::of(note), words, more).prop_map(
        |(path, title, note, tags, (forward, (from, until), (status, max), switch))| {
            json!({
                "original_url": format!("https://example.com/{path}?q={path}"),
                "title": title, "note": note, "tags": tags, "redirect_status": status,
                "forward_query": forward, "valid_from": from, "expires_at": until,
                "max_clicks": max, "fallback_url": format!("https://example.org/{path}"),
                "status": switch,
            })
        },
    )
}

proptest! {
    // Each case starts the program seven times.
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn csv_01_what_was_exported_is_imported_as_it_was(bodies in vec(any_link(), 1..40)) {
        let first = Program::new();
        let lines: String = bodies.iter().flat_map(|body| [body.to_string(), "\n".into()]).collect();
        let expected = sums(bodies.len(), 0, 0);
        let run = import_text(&first, lines.as_bytes(), &[]);
        prop_assert_eq!(run.told(), (Some(0), expected.as_str(), ""));
        let all = links(&first);
        prop_assert_eq!(all.len(), bodies.len());
        for name in ["links.csv", "links.ndjson"] {
            let path = first.path(name);
            let path = path.to_str().unwrap();
            prop_assert_eq!(first.run(&["links", "export", path]).code, Some(0));
            let second = Program::new();
            let run = import(&second, &[path]);
            prop_assert_eq!(run.told(), (Some(0), expected.as_str(), ""));
            prop_assert_eq!(&links(&second), &all);
        }
    }
}

/// A link with a password must not become public by an export and an import.
#[test]
fn links_with_passwords_are_imported_with_one_or_not_at_all() {
    let first = Program::new();
    let add = ["links", "add", "https://example.com/", "--alias=party", "--password"];
    let added = first.run_with_input(&add, b"tulips by the harbour\n");
    assert_eq!(added.told(), (Some(0), "http://localhost:8000/party\n", ""));
    for name in ["links.csv", "links.ndjson"] {
        let path = first.path(name);
        let path = path.to_str().unwrap();
        assert_eq!(first.run(&["links", "export", path]).code, Some(0));
        assert!(!fs::read_to_string(path).unwrap().contains("argon2"));
        let refused = import(&Program::new(), &[path]);
        let line = if name == "links.csv" { 2 } else { 1 };
        let error = format!(
            "error: line {line}: password is missing: the link had one; give it one, or set \
             has_password to false\n"
        );
        assert_eq!(refused.told(), (Some(1), sums(0, 0, 1).as_str(), error.as_str()));
    }
    let second = Program::new();
    let csv = b"original_url,short_code,has_password,password\n\
                https://example.com/1,one,true,roses behind the station\n\
                https://example.com/2,two,no,\n\
                https://example.com/3,three,true,12345678\n";
    let run = import_text(&second, csv, &[]);
    let error = "error: line 4: password is easy to guess\n";
    assert_eq!(run.told(), (Some(1), sums(2, 0, 1).as_str(), error));
    let links = links(&second);
    assert_eq!(
        [&links["one"], &links["two"]].map(|link| link["has_password"] == true),
        [true, false]
    );
}

/// The key that prevents duplicate rows covers the whole request.
#[test]
fn an_import_whose_password_was_corrected_is_another_import() {
    let program = Program::new();
    let csv = |password| format!("original_url,password\nhttps://example.com/,{password}\n");
    let weak = import_text(&program, csv("12345678").as_bytes(), &[]);
    assert_eq!(weak.code, Some(1), "{weak:?}");
    let run = import_text(&program, csv("tulips by the harbour").as_bytes(), &[]);
    assert_eq!(run.told(), (Some(0), sums(1, 0, 0).as_str(), ""));
    let again = import_text(&program, csv("tulips by the harbour").as_bytes(), &[]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(links(&program).len(), 1);
    let words = b"{\"original_url\":\"https://example.com/\",\"has_password\":\"true\"}\n";
    let run = import_text(&program, words, &["--format=ndjson"]);
    let error = "error: line 1: has_password is neither true nor false\n";
    assert_eq!(run.told(), (Some(1), sums(0, 0, 1).as_str(), error));
}

/// More than one request takes; its chunks are shorter then.
#[test]
fn many_links_with_passwords_are_imported_in_shorter_portions() {
    let program = Program::new();
    let row = |n| format!("https://example.com/{n},code{n},tulips by the harbour\n");
    let rows: String = (0..37).map(row).collect();
    let csv = format!("original_url,short_code,password\n{rows}");
    let run = import_text(&program, csv.as_bytes(), &[]);
    assert_eq!(run.told(), (Some(0), sums(37, 0, 0).as_str(), ""));
}

#[test]
fn csv_of_spreadsheets_is_read() {
    let program = Program::new();
    let csv = "\u{feff}Original URL;Short Code;Tags;Forward-Query;Note\r\n\
               https://example.com/1;one;\"a, b\";yes;\"two\r\nlines, \"\"quoted\"\"\"\r\n\
               \r\n\
               https://example.com/2;two;;;'=1+1\r\n";
    let run = import_text(&program, csv.as_bytes(), &[]);
    assert_eq!(run.told(), (Some(0), sums(2, 0, 0).as_str(), ""));
    let links = links(&program);
    assert_eq!(links["one"]["tags"], json!(["a", "b"]));
    assert_eq!(links["one"]["note"], "two\r\nlines, \"quoted\"");
    assert_eq!(links["one"]["forward_query"], true);
    assert_eq!(links["two"]["note"], "=1+1");
}

/// Programs write this line for Excel, which does not treat it as a row.
#[test]
fn a_first_line_that_names_the_separator_is_no_header() {
    let told = [("\u{feff}sep=;\r\n", ";"), ("SEP=,\n", ","), ("sep=\t\n", "\t")];
    for (first, separator) in told {
        let program = Program::new();
        let rows = "title;original_url;short_code\n\"A, B\";https://example.com/;x\n;none;y\n";
        let csv = format!("{first}{}", rows.replace(';', separator));
        let run = import_text(&program, csv.as_bytes(), &[]);
        let errors =
            "error: line 4: original_url is not an absolute URL: relative URL without a base\n";
        assert_eq!(run.told(), (Some(1), sums(1, 0, 1).as_str(), errors), "{csv:?}");
        assert_eq!(links(&program)["x"]["title"], "A, B");
    }
    for other in ["sep=|\n", "sep=;;\n"] {
        let csv = format!("{other}original_url|title\nhttps://example.com/|A\n");
        assert_eq!(import_text(&Program::new(), csv.as_bytes(), &[]).code, Some(REJECTED));
    }
}

#[test]
fn rows_that_are_wrong_are_told_with_their_line_and_cost_no_other() {
    let program = Program::new();
    let csv = b"original_url,short_code,max_clicks,title\n\
        https://example.com/1,one,,\n\
        javascript:alert(1),a b,0,\n\
        https://example.com/3,three,many,\xff\n\
        \"https://example.com/4\",four,,\"two\nlines\"\n\
        https://example.com/6,one,,\n\
        https://example.com/7\n\
        https://example.com/8,eight,1,\x1b[2J\n\
        https://example.com/9,nine,,ok";
    let run = import_text(&program, csv, &["--report=failed.csv"]);
    let errors = "error: line 3: original_url has the scheme \"javascript\"; http and https are allowed\n\
        error: line 3: short_code contains ' '; letters, digits, - and _ are allowed\n\
        error: line 3: max_clicks must be at least 1 and below 2^53\n\
        error: line 4: max_clicks is no whole number\n\
        error: line 4: title is not UTF-8\n\
        error: line 5: title contains a control character\n\
        error: line 7: the code \"one\" is taken\n\
        error: line 8: has 1 fields, and the header has 4\n\
        error: line 9: title contains a control character\n";
    assert_eq!(run.told(), (Some(1), sums(2, 0, 6).as_str(), errors));
    assert_eq!(links(&program).keys().collect::<Vec<_>>(), ["nine", "one"]);
    let report = fs::read_to_string(program.path("failed.csv")).unwrap();
    assert_eq!(report.lines().count(), 1 + errors.lines().count());
    assert!(report.contains("\n7,,code_taken,\"the code \"\"one\"\" is taken\"\n"), "{report}");
    let again = import_text(&program, csv, &["--report=failed.csv"]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("failed.csv: File exists"), "{again:?}");
}

#[test]
fn what_became_of_each_row_is_there_for_programs() {
    let program = Program::new();
    let lines = b"{\"original_url\":\"https://example.com\",\"custom_alias\":\"x\"}\n\n[1]\n\
                  {\"original_url\":\"https://example.com\",\"colour\":1}\n";
    let run = import_text(&program, lines, &["--json"]);
    assert_eq!(run.code, Some(1));
    let rows: Vec<Value> =
        run.stdout.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!((&rows[0]["line"], &rows[0]["result"]), (&json!(1), &json!("made")));
    assert_eq!(rows[0]["link"]["short_url"], "http://localhost:8000/x");
    assert_eq!((&rows[1]["line"], &rows[1]["result"]), (&json!(3), &json!("failed")));
    assert_eq!(rows[2]["errors"][0]["field"], "colour");
    assert_eq!(rows[2]["errors"][0]["code"], "unknown_field");
}

#[test]
fn a_dry_run_checks_everything_and_writes_nothing() {
    let program = Program::new();
    let csv = b"original_url,short_code\nhttps://example.com,x\nhttps://example.com,x\nnone,y\n";
    let run = import_text(&program, csv, &["--dry-run"]);
    assert_eq!(run.code, Some(3), "there is no database to check against: {run:?}");
    assert!(!program.path("data").exists());
    program.run(&["links", "add", "https://example.com", "--alias=taken"]);
    let csv = [&csv[..], b"https://example.com,taken\n"].concat();
    let run = import_text(&program, &csv, &["--dry-run"]);
    let errors = "error: line 3: short_code \"x\" is the code of an earlier row too\n\
        error: line 4: original_url is not an absolute URL: relative URL without a base\n\
        error: line 5: the code \"taken\" is taken\n";
    let sums = "would make 1 links, skipped 0 rows, failed 3 rows\n";
    assert_eq!(run.told(), (Some(1), sums, errors));
    assert_eq!(links(&program).len(), 1);
}

/// An import that is interrupted and repeated makes every link once.
#[test]
fn f20_a_repeated_import_makes_nothing_twice() {
    let program = Program::new();
    let rows = |count: usize| {
        let row = |n: usize| format!("https://example.com/{n},{}\n", ["", "code"][n % 2]);
        let code = |n: usize| row(n).replace("code", &format!("code{n}"));
        format!("original_url,short_code\n{}", (0..count).map(code).collect::<Vec<_>>().concat())
    };
    // The first run got only as far as row 500.
    let run = import_text(&program, rows(500).as_bytes(), &[]);
    assert_eq!(run.told(), (Some(0), sums(500, 0, 0).as_str(), ""));
    let run = import_text(&program, rows(600).as_bytes(), &[]);
    assert_eq!(run.told(), (Some(0), sums(600, 0, 0).as_str(), ""));
    assert_eq!(links(&program).len(), 600);

    // Rows that moved are recognized by their codes only.
    let coded =
        "original_url,short_code\nhttps://example.com/1,code1\nhttps://example.com/x,code3\n";
    let run = import_text(&program, coded.as_bytes(), &["--on-conflict=skip"]);
    let errors = "error: line 3: the code \"code3\" is taken\n";
    assert_eq!(run.told(), (Some(1), sums(0, 1, 1).as_str(), errors));

    // A deleted link keeps its code, but it cannot be followed.
    assert_eq!(program.run(&["links", "rm", "code1"]).code, Some(0));
    let run = import_text(&program, coded.as_bytes(), &["--on-conflict=skip"]);
    let errors = format!("error: line 2: the code \"code1\" is taken\n{errors}");
    assert_eq!(run.told(), (Some(1), sums(0, 0, 2).as_str(), errors.as_str()));
}

#[test]
fn upload_01_other_files_are_told_from_links() {
    let program = Program::new();
    let header = "the first line, which names the columns,";
    for (name, bytes, words) in [
        (
            "a.csv",
            &b"PK\x03\x04rest"[..],
            "a.csv is an Excel workbook or a zip archive;".to_owned(),
        ),
        ("b.csv", b"\x1f\x8b\x08", "b.csv is compressed; try: gunzip -c FILE |".to_owned()),
        ("c.txt", b"a\0b", "c.txt is no text; only CSV and NDJSON are imported".to_owned()),
        ("d.csv", b"\xff\xfeo\0", "d.csv is UTF-16; save it as UTF-8".to_owned()),
        ("e.json", b"[{}]", "e.json is a JSON array; one object a line is needed".to_owned()),
        ("f.csv", b"", "f.csv is empty".to_owned()),
        ("g.csv", b"https://example.com/,x\n", format!("{header} names the unknown column")),
        ("h.csv", b"short_code\nx\n", format!("{header} has no column original_url")),
        (
            "i.csv",
            b"original_url,titel\n",
            format!("{header} names the unknown column \"titel\"; did you mean title?"),
        ),
        ("j.csv", b"original_url,title,title\n", format!("{header} names the column title twice")),
    ] {
        fs::write(program.path(name), bytes).unwrap();
        let run = import(&program, &[name]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(REJECTED), ""), "{name} {run:?}");
        assert!(run.stderr.starts_with(&format!("error: {words}")), "{name} {run:?}");
    }
    let missing = import(&program, &["nothing.csv"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.starts_with("error: opening nothing.csv: No such file"), "{missing:?}");
    for (name, bytes) in [("k.csv", &b"original_url\n"[..]), ("l.ndjson", b"")] {
        fs::write(program.path(name), bytes).unwrap();
        assert_eq!(import(&program, &[name]).told(), (Some(0), sums(0, 0, 0).as_str(), ""));
    }
}

/// A line of 10 MB and a quote that is never closed cost only themselves; memory stays bounded.
#[test]
fn upload_01_lines_without_end_are_passed_over() {
    let program = Program::new();
    let long = "x".repeat(10 << 20);
    let csv = format!(
        "original_url,note\nhttps://example.com/1,\nhttps://example.com/2,{long}\n\
         https://example.com/3,\nhttps://example.com/4,\"{long}\nhttps://example.com/5,\n"
    );
    let run = import_text(&program, csv.as_bytes(), &[]);
    let errors = "error: line 3: is longer than 1048576 bytes; is a quote missing?\n\
                  error: line 5: is longer than 1048576 bytes; is a quote missing?\n";
    assert_eq!(run.told(), (Some(1), sums(3, 0, 2).as_str(), errors));
    let open = "original_url,note\nhttps://example.com/1,\"open\nhttps://example.com/2,\n";
    let run = import_text(&program, open.as_bytes(), &[]);
    let errors = "error: line 2: has a quote that is never closed\n";
    assert_eq!(run.told(), (Some(1), sums(0, 0, 1).as_str(), errors));

    let object = |n: u8| format!("{{\"original_url\":\"https://example.com/{n}\"}}\n");
    let lines = format!("{}{{\"note\":\"{long}\"}}\n{}", object(1), object(2));
    let run = import_text(&program, lines.as_bytes(), &[]);
    let errors = "error: line 2: is longer than 1048576 bytes\n";
    assert_eq!(run.told(), (Some(1), sums(2, 0, 1).as_str(), errors));
}

#[test]
fn an_export_appears_whole_and_replaces_nothing_unasked() {
    let program = Program::new();
    program.run(&["links", "add", "https://example.com", "--alias=-x", "--title==1+1"]);
    fs::write(program.path("kept.csv"), "kept").unwrap();
    let run = program.run(&["links", "export", "kept.csv"]);
    let words = "error: kept.csv exists already; --force replaces it\n";
    assert_eq!(run.told(), (Some(REJECTED), "", words));
    assert_eq!(fs::read_to_string(program.path("kept.csv")).unwrap(), "kept");
    let run = program.run(&["links", "export", "kept.csv", "--force"]);
    assert_eq!(run.told(), (Some(0), "wrote 1 links to kept.csv\n", ""));
    let csv = fs::read_to_string(program.path("kept.csv")).unwrap();
    assert!(csv.starts_with("short_code,original_url,title,"), "{csv}");
    assert!(csv.contains("\n'-x,https://example.com/,'=1+1,,,active,302,false,"), "{csv}");
    assert_eq!(program.run(&["links", "export"]).stdout, csv);
    assert_eq!(program.run(&["links", "export", "-"]).stdout, csv);
    let ndjson = program.run(&["links", "export", "--format=ndjson", "--tag=none"]);
    assert_eq!(ndjson.told(), (Some(0), "", ""));
    let names = fs::read_dir(program.path(".")).unwrap().count();
    assert_eq!(names, 2, "the data directory and the export");
}

#[test]
fn an_export_takes_the_place_of_files_alone() {
    let program = Program::new();
    program.run(&["links", "add", "https://example.com"]);
    fs::create_dir(program.path("pipe")).unwrap();
    let run = program.run(&["links", "export", "pipe", "--force", "--format=csv"]);
    let words = "error: pipe is no regular file; write to `-` and redirect it\n";
    assert_eq!(run.told(), (Some(1), "", words));
    assert!(program.path("pipe").is_dir());
    // A symbolic link stays one; its target is replaced.
    fs::write(program.path("old.csv"), "old").unwrap();
    symlink("old.csv", program.path("link.csv")).unwrap();
    assert_eq!(program.run(&["links", "export", "link.csv", "--force"]).code, Some(0));
    assert!(fs::symlink_metadata(program.path("link.csv")).unwrap().is_symlink());
    assert!(fs::read_to_string(program.path("old.csv")).unwrap().contains("https://example.com"));
}

#[test]
fn names_of_files_say_nothing_to_a_terminal() {
    let run = Program::new().run(&["links", "import", "no\u{1b}[31m.csv"]);
    assert_eq!(run.code, Some(1));
    assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
}

#[test]
fn ctrl_c_ends_an_import_that_waits_for_input() {
    let program = Program::new();
    let mut command = program.command(&["links", "import", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than is read at once, so that the first chunk is written while the input stays open.
    writeln!(stdin, "original_url").unwrap();
    for n in 0..600 {
        writeln!(stdin, "https://example.com/{n}").unwrap();
    }
    await_links(&program, 500);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!((run.code, run.stdout), (Some(1), sums(500, 0, 0)));
    assert!(
        run.stderr.starts_with("error: stopped after line 501; the same command"),
        "{}",
        run.stderr
    );
}

/// Links that were made before stay, so they are reported.
#[test]
fn an_import_whose_input_breaks_off_tells_what_it_did() {
    let program = Program::new();
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    // A socket that is closed with unread data in it fails at the other end.
    theirs.write_all(b"unread").unwrap();
    let mut command = program.command(&["links", "import", "-", "--report=failed.csv"]);
    command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The command holds the other end too, which must belong to the child only.
    drop(command);
    writeln!(ours, "original_url\nnone").unwrap();
    for n in 0..600 {
        writeln!(ours, "https://example.com/{n}").unwrap();
    }
    await_links(&program, 499);
    drop(ours);
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stdout), (Some(1), sums(499, 0, 1)));
    let lines: Vec<_> = run.stderr.lines().collect();
    assert!(lines[0].starts_with("error: line 2: original_url is not"), "{lines:?}");
    assert!(lines[1].starts_with("error: stopped after line 501; the same command"), "{lines:?}");
    assert!(lines[2].starts_with("error: reading the rows: Connection reset"), "{lines:?}");
    let report = fs::read_to_string(program.path("failed.csv")).unwrap();
    assert!(report.contains("\n2,original_url,"), "{report}");
}

/// Polls until there are `count` links; at first there is not even a database.
fn await_links(program: &Program, count: usize) {
    let start = Instant::now();
    while program.run(&["links", "list", "--all", "--json"]).stdout.lines().count() != count {
        assert!(start.elapsed() < IMPORTED_WITHIN, "not {count} links yet");
    }
}

#[tokio::test]
async fn ten_thousand_links_are_imported_beside_a_server() {
    const COUNT: usize = 10_000;
    for_each_engine(async |database| {
        let beside = Beside::start(database);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("links.csv");
        let mut file = File::create(&path).unwrap();
        writeln!(file, "original_url,short_code,tags").unwrap();
        for n in 0..COUNT {
            writeln!(file, "https://example.com/{n},n{n},bulk").unwrap();
        }
        let child = beside.spawn(&["links", "import", path.to_str().unwrap()]);
        let mut client = beside.server.client();
        let own = json!({ "original_url": "https://example.com/own", "custom_alias": "own" });
        assert_eq!(client.post("/api/v1/urls", &own).unwrap().status, 201);
        let mut visitor = beside.server.visitor();
        assert_eq!(visitor.get("/own").unwrap().status, 302);
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!(run.told(), (Some(0), sums(COUNT, 0, 0).as_str(), ""));
        assert_eq!(visitor.get(&format!("/n{}", COUNT - 1)).unwrap().status, 302);
        let list = beside.run(&["links", "list", "--all", "--json"]);
        assert_eq!(list.lines().count(), COUNT + 1);
    })
    .await;
}
