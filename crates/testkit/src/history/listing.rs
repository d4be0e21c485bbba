//! Reads links back in all three ways: the list, the redirect, and the versions.

use std::fmt;

use serde_json::Value;

use super::entry::{Content, Entry, Identity, Listed, State};
use crate::server::{Client, Response};

/// The largest page of the API.
const PAGE_LIMIT: usize = 200;
/// Stops a cursor that loops; writers keep far fewer links.
const PAGES_MAX: usize = 1_000;

impl Listed {
    pub(super) fn parse(link: &Value) -> Option<Self> {
        let text = |name: &str| link[name].as_str().map(str::to_owned);
        Some(Self {
            identity: Identity { id: link["id"].as_u64()?, code: text("short_code")? },
            content: Content { target: text("original_url")?, title: text("title")? },
            revision: link["revision"].as_u64()?,
        })
    }
}

/// Every link, page by page.
pub(super) fn all(client: &mut Client) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES_MAX {
        let path = format!("/api/v1/urls?limit={PAGE_LIMIT}&sort=created_at{cursor}");
        let answer = client.get(&path).unwrap_or_else(|error| panic!("{path}: {error:?}"));
        assert_eq!(answer.status, 200, "{path}: {}", text(&answer));
        let page = answer.json();
        let items = page["items"].as_array().expect("a list has items");
        listed.extend(items.iter().map(|item| Listed::parse(item).expect("items are links")));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return listed,
        }
    }
    panic!("more than {PAGES_MAX} pages of links");
}

/// Visits the link: it must lead to its target, or to nothing if it was deleted.
pub(super) fn follow(visitor: &mut Client, entry: &Entry) -> Result<(), String> {
    let Some(identity) = &entry.identity else { return Ok(()) };
    let found =
        visitor.get(&format!("/{}", identity.code)).map_err(|error| describe(entry, error))?;
    let expected = match &entry.acknowledged {
        State::Gone => (404, None),
        State::Live(content) => (302, Some(content.target.as_str())),
    };
    let got = (found.status, found.header("location"));
    if got == expected { Ok(()) } else { Err(describe(entry, format!("redirects with {got:?}"))) }
}

/// Reads the older versions, newest first; the last edit's old content must be among them.
pub(super) fn read_versions(client: &mut Client, entry: &Entry) -> Result<(), String> {
    let (Some(identity), State::Live(_)) = (&entry.identity, &entry.acknowledged) else {
        return Ok(());
    };
    let path = format!("/api/v1/urls/{}/history?limit={PAGE_LIMIT}", identity.id);
    let answer = client.get(&path).map_err(|error| describe(entry, error))?;
    let page = answer.json();
    let items = page["items"].as_array().ok_or_else(|| describe(entry, text(&answer)))?;
    let revisions: Vec<u64> = items.iter().filter_map(|item| item["revision"].as_u64()).collect();
    if revisions.len() != items.len() || !revisions.is_sorted_by(|newer, older| older < newer) {
        return Err(describe(entry, format!("revisions out of order: {revisions:?}")));
    }
    let is_there = |replaced: &Content| {
        items.iter().any(|item| {
            item["original_url"] == replaced.target.as_str()
                && item["title"] == replaced.title.as_str()
        })
    };
    match &entry.replaced {
        Some(replaced) if !is_there(replaced) => {
            Err(describe(entry, format!("the replaced version is missing in {page}")))
        }
        _ => Ok(()),
    }
}

fn describe(entry: &Entry, problem: impl fmt::Debug) -> String {
    format!("{problem:?}: {entry:?}")
}

fn text(answer: &Response) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
}
