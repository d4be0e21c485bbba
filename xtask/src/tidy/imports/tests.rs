//! Where the names of small crates lead.

use super::{CrateImports, read};
use crate::tidy::files::RepositoryFile;

fn imports(sources: &[(&str, &str)]) -> CrateImports {
    let file = |(path, text): &(&str, &str)| RepositoryFile {
        path: format!("crates/a/src/{path}"),
        text: (*text).to_owned(),
    };
    let files: Vec<_> = sources.iter().map(file).collect();
    read(&files, "crates/a/src/")
}

/// What is named where: `from:line → to (path)`, with what else is known of it.
fn edges(sources: &[(&str, &str)]) -> Vec<String> {
    let found = imports(sources);
    assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
    let shown = found.imports.iter().map(|import| {
        let (from, to) = (import.from.join("::"), import.to.join("::"));
        let kind = match (import.through_root, import.takes_item) {
            (true, _) => ", through the root",
            (false, true) => "",
            (false, false) => ", takes nothing",
        };
        format!("{from}:{} → {to} ({}{kind})", import.line, import.path)
    });
    shown.collect()
}

#[test]
fn a_name_leads_to_the_file_that_defines_it() {
    let sources = [
        ("lib.rs", "mod links;\nmod store;\n"),
        (
            "links.rs",
            "pub use self::rows::Row as LinkRow;\nmod rows;\nmod edits;\npub use edits::*;",
        ),
        ("links/rows.rs", "pub struct Row;"),
        ("links/edits.rs", "pub struct Edit;\npub use super::rows::Row as Line;"),
        ("store.rs", "use crate::links::LinkRow;\nuse crate::links::{Edit, Line, Made};"),
    ];
    let expected = [
        "links:1 → links::rows (self::rows::Row, takes nothing)",
        "links:4 → links::edits (edits::*, takes nothing)",
        "links::edits:2 → links::rows (super::rows::Row, takes nothing)",
        "store:1 → links::rows (crate::links::LinkRow)",
        "store:2 → links (crate::links::Made)",
        "store:2 → links::edits (crate::links::Edit)",
        "store:2 → links::rows (crate::links::Line)",
    ];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn the_name_of_a_module_takes_nothing_yet() {
    let sources = [
        ("lib.rs", "mod links;\nmod store;\n"),
        ("links.rs", "mod rows;\npub use rows::Row;\npub enum Kind { Short }\n"),
        ("links/rows.rs", "pub struct Row;"),
        ("store.rs", "use crate::links::{self, Kind};\nfn f() { links::Row; Kind::Short }"),
    ];
    let expected = [
        "links:2 → links::rows (rows::Row, takes nothing)",
        "store:1 → links (crate::links, takes nothing)",
        "store:1 → links (crate::links::Kind)",
        "store:2 → links (Kind::Short)",
        "store:2 → links::rows (links::Row)",
    ];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn a_module_inside_a_file_belongs_to_the_file() {
    let links = "
mod rows;
mod inside {
    use super::rows::Row;
    pub use crate::store::Store;
    pub struct Inner;
    mod deep { fn f(_: super::super::Link, _: super::Inner, _: super::super::rows::Row) {} }
}
pub struct Link;
fn f(_: inside::Inner, _: self::inside::Store) {}
";
    let sources = [
        ("lib.rs", "mod links;\nmod store;\n"),
        ("links.rs", links),
        ("links/rows.rs", "pub struct Row;\nuse super::inside::Inner;"),
        ("store.rs", "pub struct Store;"),
    ];
    let expected = [
        "links:4 → links::rows (super::rows::Row)",
        "links:5 → store (crate::store::Store, takes nothing)",
        "links:7 → links::rows (super::super::rows::Row)",
        "links:10 → store (self::inside::Store)",
        "links::rows:2 → links (super::inside::Inner)",
    ];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn a_module_and_a_function_may_share_a_name() {
    let sources = [
        ("lib.rs", "mod links;\nmod report;\nmod store;\n"),
        ("report.rs", "mod rows;\npub fn report() {}\npub struct Report;\n"),
        ("report/rows.rs", "pub struct Row;"),
        ("links.rs", "mod report;\npub fn report() {}\npub use crate::report::report as made;"),
        ("links/report.rs", "pub fn print() {}"),
        (
            "store.rs",
            "use crate::links::report;\nuse crate::links::report::print;\nfn f() { report::print() }",
        ),
    ];
    let expected = [
        "links:3 → report (crate::report::report, takes nothing)",
        "store:1 → links (crate::links::report)",
        "store:2 → links::report (crate::links::report::print)",
    ];
    let found = edges(&sources);
    assert_eq!(found[..3], expected);

    // The module counts, although a function here has its name.
    let store = "use crate::report;\nfn report() { report::Report }";
    let sources =
        [("lib.rs", "mod report;\nmod store;\n"), sources[1], sources[2], ("store.rs", store)];
    let expected =
        ["store:1 → report (crate::report, takes nothing)", "store:2 → report (report::Report)"];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn raw_names_macros_and_aliases_of_the_crate_are_known() {
    let sources = [
        ("lib.rs", "extern crate self as curt;\nmod links;\nmod r#type;\n"),
        ("type.rs", "macro_rules! list { () => {} }\npub(crate) use list;\npub struct Kind;"),
        (
            "links.rs",
            "use crate::r#type::list;\nfn f() { curt::r#type::Kind; m!(crate::r#type::list!()) }",
        ),
    ];
    let expected = [
        "links:1 → type (crate::type::list)",
        "links:2 → type (crate::type::list)",
        "links:2 → type (curt::type::Kind)",
    ];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn circles_of_imports_come_to_an_end() {
    let sources = [
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "pub use crate::b::*;\npub use crate::b::X;\nuse url::Url;\nuse url;"),
        ("b.rs", "pub use crate::a::*;\npub use crate::a::X;\nfn f() { X::new(); url::Url }"),
    ];
    let found = imports(&sources);
    assert_eq!(found.files.len(), 3);
}

#[test]
fn the_binary_beside_a_library_is_another_crate() {
    let sources = [
        ("lib.rs", "mod links;\nmod store;\npub use store::Store;"),
        ("links.rs", "use crate::Store;"),
        ("main.rs", "fn main() {}"),
        ("store.rs", "pub struct Store;"),
    ];
    let expected = [
        ":3 → store (store::Store, takes nothing)",
        "links:1 → store (crate::Store, through the root)",
    ];
    assert_eq!(edges(&sources), expected);
}

#[test]
fn paths_to_other_crates_and_visibilities_name_no_file() {
    let links = "
mod rows;
mod url;
use ::url::Url;
fn f() { ::url::Kind; m!(::url::Kind, <T>::url::Kind) }
";
    let sources = [
        ("lib.rs", "mod links;\n"),
        ("links.rs", links),
        ("links/rows.rs", "pub(in crate::links) struct Row(pub(in super::super::links) u8);"),
        ("links/url.rs", "pub struct Kind;\npub struct Url;"),
    ];
    assert!(edges(&sources).is_empty(), "{:?}", edges(&sources));
}

#[test]
fn an_import_inside_a_function_hides_no_import_of_the_file() {
    let store = "
use crate::links as rows;
fn f() { use crate::tags as rows; }
fn g() { rows::Link }
";
    let sources = [
        ("lib.rs", "mod links;\nmod store;\nmod tags;\n"),
        ("links.rs", "pub struct Link;"),
        ("store.rs", store),
        ("tags.rs", ""),
    ];
    let expected = [
        "store:2 → links (crate::links, takes nothing)",
        "store:3 → tags (crate::tags, takes nothing)",
        "store:4 → links (rows::Link)",
    ];
    assert_eq!(edges(&sources), expected);
}
