//! Small crates that break one rule each, and small crates that break none.

use super::{House, problems};
use crate::tidy::files::RepositoryFile;

/// The floors of the crate of most tests.
const FLOORS: &[&[&str]] = &[&["db"], &["links", "tags"], &["api"]];

/// Files that say nothing, so that every room of [`FLOORS`] is there.
const EMPTY_ROOMS: [(&str, &str); 5] = [
    ("lib.rs", "mod api;\nmod db;\nmod links;\nmod tags;\n"),
    ("db.rs", ""),
    ("links.rs", ""),
    ("tags.rs", ""),
    ("api.rs", "pub(crate) const TAG: u8 = 1;\npub(crate) fn serve() {}\n"),
];

fn file(path: &str, text: &str) -> RepositoryFile {
    RepositoryFile { path: path.to_owned(), text: text.to_owned() }
}

fn complaints(files: &[RepositoryFile], floors: &[&[&str]]) -> Vec<String> {
    let house = House { folder: "crates/a", floors };
    problems(files, &[house]).iter().map(ToString::to_string).collect()
}

/// What is found in the crate `crates/a`, whose other rooms are empty.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let empty = EMPTY_ROOMS.iter().filter(|(path, _)| sources.iter().all(|(own, _)| own != path));
    let sources = empty.chain(sources);
    let files: Vec<_> =
        sources.map(|(path, text)| file(&format!("crates/a/src/{path}"), text)).collect();
    let problems = complaints(&files, FLOORS);
    problems.iter().map(|problem| problem.replace("crates/a/src/", "")).collect()
}

#[track_caller]
fn assert_found(sources: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(found(sources), expected);
}

#[test]
fn an_import_up_is_found_in_every_spelling() {
    let spellings = [
        ("use crate::api::serve;", "crate::api::serve"),
        ("use super::api::serve;", "super::api::serve"),
        ("use crate::{api::{self, serve}, db};", "crate::api"),
        ("use crate::api as web;", "crate::api"),
        ("use crate::api::*;", "crate::api::*"),
        ("pub(crate) use crate::api::serve;", "crate::api::serve"),
        ("fn open() { crate::api::serve() }", "crate::api::serve"),
        ("fn open() { use crate::api::serve; serve() }", "crate::api::serve"),
        ("fn open(_: impl Fn(crate::api::Page)) {}", "crate::api::Page"),
        ("fn open() { <u8 as crate::api::Serve>::serve(1) }", "crate::api::Serve::serve"),
        ("fn open() { log!(page = 1, [crate::api::TAG]) }", "crate::api::TAG"),
        ("macro_rules! open { () => { $crate::api::serve() } }", "crate::api::serve"),
        ("#[utoipa::path(tag = crate::api::TAG)] fn open() {}", "crate::api::TAG"),
        ("#[serde(with = \"crate::api::page\")] struct Row;", "crate::api::page"),
        ("#[page = crate::api::TAG] struct Row;", "crate::api::TAG"),
        ("mod rows { fn open() { super::super::api::serve() } }", "super::super::api::serve"),
        ("#[cfg(any(test, unix))] use crate::api::serve;", "crate::api::serve"),
        ("#[cfg(not(test))] use crate::api::serve;", "crate::api::serve"),
    ];
    for (code, path) in spellings {
        let expected = [format!("db.rs:2: the room db imports up to api: {path}")];
        assert_eq!(found(&[("db.rs", &format!("\n{code}\n"))]), expected, "{code}");
    }
}

#[test]
fn an_import_up_is_found_behind_other_names() {
    let api = ("api.rs", "mod pages;\npub(crate) use pages::Page;\npub(crate) use axum::Json;\n");
    let pages = ("api/pages.rs", "pub(crate) struct Page;\n");
    let ways = [
        ("use crate::api::Page;", "crate::api::Page"),
        ("use crate::api::Json;", "crate::api::Json"),
        ("use crate::links::Page;", "crate::links::Page"),
        ("use crate::links::web::Page;", "crate::links::web::Page"),
        ("use crate::links::Other;", "crate::links::Other"),
    ];
    let links = "
pub(crate) use crate::api as web;
pub(crate) use crate::api::Page;
pub(crate) use web::Page as Other;
";
    for (code, path) in ways {
        let expected = [
            format!("db.rs:1: the room db imports up to api: {path}"),
            "links.rs:2: the room links imports up to api: crate::api".to_owned(),
        ];
        let sources = [("db.rs", code), ("links.rs", links), api, pages];
        assert_eq!(found(&sources), expected, "{code}");
    }
}

#[test]
fn an_import_across_a_floor_is_found() {
    assert_found(
        &[("links.rs", "use crate::tags::Tag;"), ("tags.rs", "pub(crate) struct Tag;")],
        &["links.rs:1: the room links imports across to tags: crate::tags::Tag"],
    );
}

#[test]
fn an_import_through_the_root_is_found() {
    let root = "
extern crate self as a;
mod api;
mod db;
mod links;
mod tags;
pub use db::*;
pub use links::Link;
";
    let db = ("db.rs", "pub struct Row;\n");
    let links = ("links.rs", "mod rows;\npub struct Link;\n");
    for path in ["crate::Link", "super::Link", "a::Link", "crate::Row", "crate::*"] {
        let api = format!("use {path};");
        let sources = [("lib.rs", root), ("api.rs", &api), db, links, ("links/rows.rs", "")];
        let expected =
            [format!("api.rs:1: {path} leads through the crate's root; name its own module")];
        assert_eq!(found(&sources), expected, "{path}");
    }
    // A file's own item, and one that the root defines and needs a room for.
    let root = "
mod api;
mod db;
mod links;
mod tags;
pub use links::Link;
struct App(links::Link);
";
    let links = "use crate as root;\npub struct Link;\nfn read(_: root::Link, _: root::App) {}\n";
    assert_found(
        &[("lib.rs", root), ("links.rs", links)],
        &[
            "links.rs:3: root::App leads through the crate's root; name its own module",
            "links.rs:3: root::Link leads through the crate's root; name its own module",
        ],
    );
}

#[test]
fn an_import_is_found_once_for_each_file_and_room() {
    let links = "
use crate::api::{serve, TAG};
fn open() { serve(crate::api::TAG, crate::tags::Tag) }
fn close() { crate::tags::Tag; crate::Open; crate::Open }
";
    assert_found(
        &[("links.rs", links), ("db.rs", "use crate::api::TAG;")],
        &[
            "db.rs:1: the room db imports up to api: crate::api::TAG",
            "links.rs:2: the room links imports up to api: crate::api::TAG",
            "links.rs:3: the room links imports across to tags: crate::tags::Tag",
            "links.rs:4: crate::Open leads through the crate's root; name its own module",
        ],
    );
}

#[test]
fn a_circle_of_two_files_is_found_once() {
    assert_found(
        &[
            ("links.rs", "mod edits;\nmod rows;\n"),
            ("links/edits.rs", "use super::rows::Row;\npub struct Edit;\nfn f(_: Row) {}"),
            ("links/rows.rs", "pub struct Row;\n\nfn f(_: super::edits::Edit) {}"),
        ],
        &["links/edits.rs:1: closes a circle: links::edits → links::rows → links::edits"],
    );
}

#[test]
fn a_circle_of_three_files_is_found_once() {
    assert_found(
        &[
            ("links.rs", "mod a;\nmod b;\nmod c;\n"),
            ("links/a.rs", "use super::b::B;\npub struct A;"),
            ("links/b.rs", "use super::c::C;\npub struct B;"),
            ("links/c.rs", "use super::a::A;\npub struct C;"),
        ],
        &["links/a.rs:1: closes a circle: links::a → links::b → links::c → links::a"],
    );
}

#[test]
fn a_circle_of_parent_and_child_is_found() {
    assert_found(
        &[
            ("links.rs", "mod edits;\npub struct Link;\nfn f() { edits::edit() }"),
            ("links/edits.rs", "use super::Link;\npub fn edit() {}"),
        ],
        &["links.rs:3: closes a circle: links → links::edits → links"],
    );
}

#[test]
fn a_circle_through_modules_and_re_exports_is_found() {
    assert_found(
        &[
            ("links.rs", "mod edits;\nmod rows;\npub use edits::Edit;\npub use rows::Row;"),
            ("links/edits.rs", "use super::rows;\npub struct Edit;\nfn f(_: rows::Row) {}"),
            ("links/rows.rs", "use crate::links::Edit;\npub struct Row;"),
        ],
        &["links/edits.rs:3: closes a circle: links::edits → links::rows → links::edits"],
    );
}

#[test]
fn a_circle_between_rooms_is_found() {
    assert_found(
        &[
            ("db.rs", "use crate::links::Link;\npub struct Row;"),
            ("links.rs", "use crate::db::Row;\npub struct Link;"),
        ],
        &[
            "db.rs:1: the room db imports up to links: crate::links::Link",
            "db.rs:1: closes a circle: db → links → db",
        ],
    );
}

#[test]
fn rooms_and_floors_belong_together() {
    let files = [
        file("crates/a/src/main.rs", "mod db;\nmod links;\n"),
        file("crates/a/src/db.rs", ""),
        file("crates/a/src/links.rs", ""),
    ];
    let expected = [
        "crates/a: the room links has no floor in xtask/src/tidy/rooms.rs",
        "crates/a: the room tags of xtask/src/tidy/rooms.rs is not there",
    ];
    assert_eq!(complaints(&files, &[&["db"], &["tags"]]), expected);
    assert!(complaints(&files, &[&["db", "links"]]).is_empty());
}

#[test]
fn a_crate_without_a_house_is_found() {
    let files = [
        file("Cargo.toml", "[workspace]"),
        file("crates/a/Cargo.toml", ""),
        file("crates/a/src/lib.rs", ""),
        file("crates/b/Cargo.toml", ""),
        file("crates/b/src/lib.rs", ""),
        file("fuzz/Cargo.toml", ""),
    ];
    let expected = ["crates/b: has no rooms; add them to xtask/src/tidy/rooms.rs"];
    assert_eq!(complaints(&files, &[]), expected);
}

#[test]
fn files_that_cannot_be_read_are_found() {
    assert_found(
        &[("lib.rs", "mod api;\nmod db;\nmod tags;\n#[path = \"x.rs\"]\nmod links;\n")],
        &["lib.rs: cannot be read as Rust: line 4: `#[path]` hides which file the module is"],
    );
    let problems = found(&[("links.rs", "//! Links.\nfn {}\n")]);
    let expected = "links.rs: cannot be read as Rust: line 2: ";
    assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{problems:?}");
}

#[test]
fn tests_may_reach_everywhere() {
    let links = "
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
#[cfg(test)]
use crate::api::serve;
#[cfg(all(test, unix))]
fn open() { crate::api::serve() }
#[cfg(test)]
mod inside { use crate::api::serve; }
struct Link {
    #[cfg(test)]
    page: crate::api::Page,
}
impl Link {
    #[cfg(test)]
    fn open() { crate::api::serve() }
    fn close() {
        #[cfg(test)]
        let page = crate::api::TAG;
        #[cfg(test)]
        {
            crate::api::serve();
        }
    }
}
";
    assert_found(
        &[
            ("links.rs", links),
            ("links/tests.rs", "use crate::api::serve;\nuse super::Link;\n"),
            ("links/tests/more.rs", "use crate::api::serve;\n"),
            ("links/fixtures.rs", "mod pages;\nuse crate::api::serve;\n"),
            ("links/fixtures/pages.rs", "use crate::api::serve;\n"),
        ],
        &[],
    );
}

#[test]
fn imports_down_and_facades_are_fine() {
    assert_found(
        &[
            (
                "lib.rs",
                "mod api;\nmod db;\nmod links;\nmod tags;\npub use api::serve;\nuse links::Link;\n",
            ),
            ("db.rs", "mod rows;\npub use rows::{Row, Rows};\npub struct Db;\n"),
            ("db/rows.rs", "pub struct Row;\npub(in crate::db) struct Rows;\nuse super::Db;\n"),
            (
                "links.rs",
                "mod edits;\npub use self::edits::*;\nuse crate::db::{self, Row};\npub struct Link;",
            ),
            ("links/edits.rs", "use super::Link;\nuse crate::links;\nuse crate::db::Db as Base;\n"),
            (
                "api.rs",
                "use crate::links::Link;\nuse super::tags;\n#[cfg(links::x)] fn serve() {}\n",
            ),
        ],
        &[],
    );
}

#[test]
fn names_of_other_crates_and_local_names_are_fine() {
    let db = "
use ::api::serve;
use links::Link as OtherLink;
use axum::{api, tags::{self, Tag}};
enum Purpose { Api }
use Purpose::Api;
fn open<T: Default>(tags: u8) -> Purpose {
    ::links::open(tags::TAG, api::serve(), Tag::new());
    log!(::links::open, <T>::links::open, crates::links::open, tags: links, tags = links);
    \"crate::links::open\";
    T::default();
    Self::links();
    Purpose::Api
}
#[doc = \"crate::links::open\"]
#[expect(clippy::links, reason = \"as in crate::links\")]
fn close() {}
";
    assert_found(&[("db.rs", db)], &[]);
}
