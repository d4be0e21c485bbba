//! Each rule against a small made-up violation, and the repository against all of them.

use std::fs;

use cargo_metadata::DependencyKind;

use super::crates::{Dependency, dependency_problems, lint_problems};
use super::files::{self, RepositoryFile};
use super::{documents, migrations, sources};
use crate::cargo::workspace_root;
use crate::problems::Problem;

#[test]
fn the_repository_is_tidy() {
    let problems = super::problems(workspace_root()).unwrap();
    assert!(problems.is_empty(), "\n{}", shown(&problems).join("\n"));
}

fn file(path: &str, text: &str) -> RepositoryFile {
    RepositoryFile { path: path.to_owned(), text: text.to_owned() }
}

fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// What the rules for sources say about one Rust file that begins as it should.
fn source_problems(path: &str, code: &str) -> Vec<String> {
    shown(&sources::problems(&[file(path, &format!("//! A room.\n{code}"))]))
}

#[test]
fn a_file_without_module_docs_is_found() {
    let problems = sources::problems(&[file("crates/a/src/links.rs", "use std::fmt;\n")]);
    let expected = ["crates/a/src/links.rs: does not open with `//!` and what it is for"];
    assert_eq!(shown(&problems), expected);

    let problems = sources::problems(&[file("crates/a/src/links/tests.rs", "use std::fmt;\n")]);
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_long_file_is_found_unless_it_is_a_test() {
    let longest = "\n".repeat(599);
    let too_long = "\n".repeat(600);
    assert!(source_problems("crates/a/src/links.rs", &longest).is_empty());
    assert!(source_problems("crates/a/src/links/tests.rs", &too_long).is_empty());
    assert!(source_problems("crates/a/tests/it/links.rs", &too_long).is_empty());
    let expected = ["crates/a/src/links.rs: has 601 lines, 600 are the limit"];
    assert_eq!(source_problems("crates/a/src/links.rs", &too_long), expected);
}

#[test]
fn names_that_say_nothing_are_found() {
    for name in ["mod.rs", "utils.rs", "helpers.rs", "common.rs", "service.rs", "manager.rs"] {
        let problems = source_problems(&format!("crates/a/src/links/{name}"), "");
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
    }
}

#[test]
fn a_second_test_binary_is_found() {
    assert!(source_problems("crates/a/tests/it/main.rs", "").is_empty());
    for path in ["crates/a/tests/api.rs", "crates/a/tests/api/main.rs"] {
        let problems = source_problems(path, "");
        assert_eq!(problems.len(), 1, "{path}: {problems:?}");
    }
}

#[test]
fn markers_need_an_issue_in_every_kind_of_source() {
    let marker = concat!("TO", "DO");
    let fix = concat!("FIX", "ME");
    let files = [
        file("crates/a/src/links.rs", &format!("//! A room.\n// {marker}: later\n")),
        file("scripts/test", &format!("# {fix}(#): later\n# {fix} (#12): with its issue\n")),
        file("CONTRIBUTING.md", &format!("A {marker} names its issue.\n")),
    ];
    let expected = [
        format!("crates/a/src/links.rs:2: {marker} without an issue, like (#123)"),
        format!("scripts/test:1: {fix} without an issue, like (#123)"),
    ];
    assert_eq!(shown(&sources::problems(&files)), expected);
}

#[test]
fn tests_that_do_not_run_or_expect_a_panic_are_found() {
    for attribute in [concat!("#[", "ignore]"), concat!("#[", "should_panic(expected = \"x\")]")] {
        let code = format!("    {attribute}\n    fn slow() {{}}\n");
        let problems = source_problems("crates/a/tests/it/links.rs", &code);
        assert_eq!(problems.len(), 1, "{attribute}: {problems:?}");
    }
}

#[test]
fn tests_inside_the_file_they_test_are_found() {
    let problems = source_problems("crates/a/src/links.rs", "#[cfg(test)]\nmod tests {\n}\n");
    let expected = ["crates/a/src/links.rs:3: tests stand in `tests.rs`, beside what they test"];
    assert_eq!(problems, expected);
}

#[test]
fn unsafe_code_is_found_outside_the_journal() {
    let unsafe_lines = [
        "let byte = unsafe { *pointer };",
        "unsafe fn read() {}",
        "unsafe impl Send for Links {}",
        "#[expect(unsafe_code, reason = \"faster\")]",
    ];
    for line in unsafe_lines {
        let problems = source_problems("crates/curt-store/src/links.rs", line);
        assert_eq!(problems.len(), 1, "{line}: {problems:?}");
        assert!(source_problems("crates/curt-journal/src/segment.rs", line).is_empty(), "{line}");
    }
    for line in ["// unsafe would be faster", "let text = \"unsafe { }\";", "let unsafety = 1;"] {
        assert!(source_problems("crates/curt-store/src/links.rs", line).is_empty(), "{line}");
    }
}

/// The lines with comments that are found to be too wide.
fn wide_lines(path: &str, text: &str) -> Vec<String> {
    let found = shown(&sources::problems(&[file(path, text)]));
    let wide = found.iter().filter_map(|problem| {
        let problem = problem.strip_prefix(path)?.strip_prefix(':')?;
        problem.strip_suffix(": a comment wider than 100 columns")
    });
    wide.map(str::to_owned).collect()
}

/// A comment of exactly this many columns, of words of two bytes for each column.
fn wide_comment(mark: &str, columns: usize) -> String {
    let words = "ää ".repeat(columns);
    format!("{mark} {words}").chars().take(columns - 1).chain(['x']).collect()
}

#[test]
fn a_wide_comment_is_found_in_every_language() {
    let languages = [
        ("crates/a/src/links.rs", ["//", "///", "//!", "    //", "let a = 1; //", "b'\\''; //"]),
        ("scripts/test", ["#", "##", "    #", "run 'a # b' #", "run \"#\" #", "#!"]),
        ("bench/peers.sh", ["#", "##", "    #", "run 'a # b' #", "echo \\' #", "run a#b #"]),
        (".cargo/config.toml", ["#", "##", "    #", "a = 'b' #", "a = \"#\" #", "[a] #"]),
        ("crates/a/sql/1.sql", ["--", "---", "    --", "id INT, --", "'a -- b' --", "'it''s' --"]),
        ("bench/create.lua", ["--", "---", "    --", "a = 1 --", "\"a -- b\" --", "'' --"]),
    ];
    for (path, marks) in languages {
        for mark in marks {
            let text = |columns| format!("#!/bin/sh\n{}\n\n", wide_comment(mark, columns));
            assert!(wide_lines(path, &text(100)).is_empty(), "{path}: {mark}");
            assert_eq!(wide_lines(path, &text(101)), ["2"], "{path}: {mark}");
        }
    }
    assert!(wide_lines("README.md", &wide_comment("#", 101)).is_empty());
}

#[test]
fn strings_are_no_comments() {
    let words = wide_comment("//", 101);
    let strings = [
        format!("let a = \"{words}\";"),
        format!("let a = \"b\\\" {words}\";"),
        format!("let a = \"b\\\\\"; let b = \"{words}\";"),
        format!("let a = r\"b\\\"; let b = \"{words}\";"),
        format!("let a = \"\n{words}\n\";"),
        format!("let a = br##\"b\"# {words}\"##;"),
        format!("let a = '\"'; let b = \"{words}\";"),
        format!("let a = '\\''; let b: &'a str = \"{words}\";"),
        format!("let a = '\\\"'; let b = \"{words}\";"),
        format!("/* a \" */ let b = \"{words}\";"),
    ];
    for string in strings {
        let text = format!("{string}\n{words}\n");
        let last = text.lines().count().to_string();
        assert_eq!(wide_lines("crates/a/src/links.rs", &text), [last], "{string}");
    }
    for (path, mark) in [("a.sh", "#"), ("a.sql", "--"), ("a.lua", "--")] {
        let text = format!("run ' {0}' \" {0}\" a{0}\n", wide_comment(mark, 101));
        assert!(wide_lines(path, &text).is_empty(), "{path}");
    }
}

#[test]
fn a_comment_that_cannot_be_broken_may_be_wide() {
    let address = |length: usize| "https://example.com/".to_owned() + &"a".repeat(length - 20);
    let whole = [
        format!("/// {}", address(97)),
        format!("    // See {}", address(94)),
        format!("/// [label]: {}", address(90)),
        format!("//! [long label]: {}", address(90)),
    ];
    for text in whole {
        assert!(wide_lines("crates/a/src/links.rs", &text).is_empty(), "{text}");
    }
    let pieces = [
        format!("/// See {}", address(96)),
        format!("    // See {}", address(93)),
        format!("/// [label] {}", address(90)),
        format!("/// [label]: {} and more", address(90)),
        format!("let a = [\"{}\"]; // See", address(90)),
    ];
    for text in pieces {
        assert_eq!(wide_lines("crates/a/src/links.rs", &text), ["1"], "{text}");
    }
}

#[test]
fn a_migration_that_one_database_lacks_is_found() {
    let folder = "crates/curt-store/migrations";
    let files = [
        file(&format!("{folder}/sqlite/0001_links.sql"), ""),
        file(&format!("{folder}/sqlite/0002_tags.sql"), ""),
        file(&format!("{folder}/postgres/0001_links.sql"), ""),
        file(&format!("{folder}/postgres/0002_tags.sql"), ""),
        file(&format!("{folder}/mysql/0001_links.sql"), ""),
        file(&format!("{folder}/mysql/0002_tag.sql"), ""),
    ];
    let expected = [
        format!("{folder}/sqlite/0002_tag.sql: is missing; another database has it"),
        format!("{folder}/postgres/0002_tag.sql: is missing; another database has it"),
        format!("{folder}/mysql/0002_tags.sql: is missing; another database has it"),
    ];
    assert_eq!(shown(&migrations::problems(&files)), expected);
}

#[test]
fn a_moved_migrations_folder_is_found() {
    let files = [file("crates/curt-store/sql/sqlite/0001_links.sql", "")];
    let expected = ["crates/curt-store/migrations: holds no migrations"];
    assert_eq!(shown(&migrations::problems(&files)), expected);
}

/// The documents that have to be there, and one more.
fn documents_and(path: &str, text: &str) -> Vec<RepositoryFile> {
    let names = ["README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY"];
    let mut files: Vec<_> = names.iter().map(|name| file(&format!("{name}.md"), "")).collect();
    files.push(file("LICENSE-APACHE", ""));
    files.push(file("LICENSE-MIT", ""));
    files.push(file(path, text));
    files
}

#[test]
fn a_missing_root_document_is_found() {
    let mut files = documents_and("docs/api.md", "");
    assert!(documents::problems(&files).is_empty());
    files.retain(|file| file.path != "SECURITY.md");
    assert_eq!(shown(&documents::problems(&files)), ["SECURITY.md: is missing"]);
}

#[test]
fn a_link_to_nowhere_is_found() {
    let text = "\
See [the readme](../README.md#limits), [here](#below), [it](./api.md), [all](../docs \"all\"),
[the root](..), [the world](https://example.com/x) or [us](mailto:us@example.com).
[gone](gone.md) and [outside](../../elsewhere.md), but `[not](code.md)`.
```sh
[not](code.md)
```
[label]: missing.md
";
    let files = documents_and("docs/api.md", text);
    let expected = [
        "docs/api.md:3: links to gone.md, which is not there",
        "docs/api.md:3: links to ../../elsewhere.md, which is not there",
        "docs/api.md:7: links to missing.md, which is not there",
    ];
    assert_eq!(shown(&documents::problems(&files)), expected);
}

fn complaints(from: &str, to: &str, kind: DependencyKind) -> Vec<String> {
    let dependency = Dependency { from: from.to_owned(), to: to.to_owned(), kind };
    shown(&dependency_problems(&[dependency]))
}

#[test]
fn a_dependency_against_the_arrows_is_found() {
    let wrong = [
        ("curt-domain", "curt-store"),
        ("curt-store", "curt-journal"),
        ("curt-cache", "curt-store"),
        ("curt-journal", "curt-analytics"),
        ("curt-analytics", "curt-web"),
        ("curt-qr", "curt-domain"),
        ("curt-ui", "curt-store"),
        ("curt-ui", "curt-web"),
        ("curt-web", "curt"),
        ("xtask", "curt-domain"),
    ];
    for (from, to) in wrong {
        for kind in [DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development] {
            let expected = [format!("{from}: may not depend on {to}")];
            assert_eq!(complaints(from, to, kind), expected, "{kind}");
        }
    }
    for (from, to) in [("curt-web", "curt-store"), ("curt", "curt-web"), ("curt", "tokio")] {
        assert!(complaints(from, to, DependencyKind::Normal).is_empty(), "{from} → {to}");
    }
}

#[test]
fn the_testkit_is_for_tests_alone() {
    let expected = ["curt-web: ships testkit, which is for tests"];
    assert_eq!(complaints("curt-web", "testkit", DependencyKind::Normal), expected);
    assert_eq!(complaints("curt-web", "testkit", DependencyKind::Build), expected);
    assert!(complaints("curt-web", "testkit", DependencyKind::Development).is_empty());
}

#[test]
fn frameworks_and_drivers_stay_with_their_keepers() {
    let kept = [
        ("axum", "curt-web"),
        ("redis", "curt-cache"),
        ("rusqlite", "curt-store"),
        ("sqlx", "curt-store"),
    ];
    for (name, keeper) in kept {
        assert!(complaints(keeper, name, DependencyKind::Normal).is_empty());
        let expected = [format!("curt: may not name {name}, which {keeper} keeps to itself")];
        assert_eq!(complaints("curt", name, DependencyKind::Normal), expected);
    }
}

#[test]
fn an_impure_domain_is_found() {
    let expected = ["curt-domain: is pure and may not depend on serde"];
    assert_eq!(complaints("curt-domain", "serde", DependencyKind::Normal), expected);
    assert!(complaints("curt-domain", "url", DependencyKind::Normal).is_empty());
}

#[test]
fn pages_that_wait_or_know_http_are_found() {
    for name in ["tokio", "futures-util", "http", "hyper", "tower"] {
        let expected = [format!("curt-ui: is pure and may not depend on {name}")];
        assert_eq!(complaints("curt-ui", name, DependencyKind::Normal), expected);
    }
    let expected = ["curt-ui: may not name axum, which curt-web keeps to itself"];
    assert_eq!(complaints("curt-ui", "axum", DependencyKind::Normal), expected);
    for name in ["askama", "curt-domain"] {
        assert!(complaints("curt-ui", name, DependencyKind::Normal).is_empty(), "{name}");
    }
}

#[test]
fn a_crate_without_a_layer_is_found() {
    let expected = ["curt-new: is in no layer; give it one in xtask/src/tidy/crates.rs"];
    assert_eq!(complaints("curt-new", "url", DependencyKind::Normal), expected);
}

#[test]
fn a_crate_with_lints_of_its_own_is_found() {
    let files = [
        file("Cargo.toml", "[workspace]\n"),
        file("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
        file("crates/b/Cargo.toml", "[lints.rust]\nunsafe_code = \"allow\"\n"),
        file("fuzz/Cargo.toml", "[package]\nname = \"fuzz\"\n[workspace]\n"),
        file("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n"),
    ];
    let expected = [
        "crates/b/Cargo.toml: does not say `[lints] workspace = true`",
        "xtask/Cargo.toml: does not say `[lints] workspace = true`",
    ];
    assert_eq!(shown(&lint_problems(&files)), expected);
}

#[test]
fn the_repository_is_read_without_what_is_built_or_stored_in_it() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["crates/a/src", "target/debug", ".git", "data", ".ci"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    for path in ["README.md", "crates/a/src/lib.rs", "target/debug/x", ".git/x", "data/x", ".ci/x"]
    {
        fs::write(root.path().join(path), "text").unwrap();
    }
    fs::write(root.path().join("logo.png"), b"\x89PNG\xff").unwrap();

    let files = files::read(root.path()).unwrap();
    let read: Vec<_> = files.iter().map(|f| (f.path.as_str(), f.text.as_str())).collect();
    let expected = [
        (".ci/x", "text"),
        ("README.md", "text"),
        ("crates/a/src/lib.rs", "text"),
        ("logo.png", ""),
    ];
    assert_eq!(read, expected);
}
