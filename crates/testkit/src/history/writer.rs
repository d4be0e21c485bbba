//! One writer: creates, edits, deletes and restores its links until the server is gone.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::entry::{Content, Entry, Listed, State};
use crate::server::{Client, RequestError};

/// Few enough that reading all back after each crash takes less time than writing them.
const ENTRIES_MAX: usize = 120;
const LINKS: &str = "/api/v1/urls";

pub(super) struct Writer {
    number: u64,
    random: fastrand::Rng,
    /// Counts contents, so that no two are equal.
    contents: u64,
    entries: Vec<Entry>,
    complaint: Option<String>,
}

/// Why a writer stops.
enum Stop {
    CutOff,
    WrongAnswer(String),
}

/// An operation on one link: the request, and the state it leads to.
struct Operation {
    method: &'static str,
    path: String,
    body: Option<Value>,
    result: State,
}

impl Writer {
    pub(super) fn new(number: u64, random: fastrand::Rng) -> Self {
        Self { number, random, contents: 0, entries: Vec::new(), complaint: None }
    }

    /// An answer that a healthy server does not give.
    pub(super) fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn write_until_cut_off(&mut self, client: &mut Client) {
        loop {
            match self.write_once(client) {
                Ok(()) => {}
                Err(Stop::CutOff) => return,
                Err(Stop::WrongAnswer(complaint)) => {
                    self.complaint = Some(complaint);
                    return;
                }
            }
        }
    }

    /// Takes the links of this writer out of `unclaimed`, and reports every mismatch.
    pub(super) fn settle(&mut self, unclaimed: &mut HashMap<u64, Listed>) -> Vec<String> {
        let mut problems = Vec::new();
        for entry in &mut self.entries {
            let id = match &entry.identity {
                Some(identity) => Some(identity.id),
                None => find_created(unclaimed, entry),
            };
            let found = id.and_then(|id| unclaimed.remove(&id));
            problems.extend(entry.settle(found).err());
        }
        // A create that was not carried out left no link.
        self.entries.retain(|entry| entry.identity.is_some());
        problems
    }

    fn write_once(&mut self, client: &mut Client) -> Result<(), Stop> {
        let index = self.random.usize(..ENTRIES_MAX);
        let Some(entry) = self.entries.get(index) else {
            return self.create(client);
        };
        match &entry.acknowledged {
            State::Live(_) if self.random.u8(..4) == 0 => self.delete(client, index),
            State::Live(_) => self.edit(client, index),
            State::Gone if self.random.bool() => self.restore(client, index),
            State::Gone => {
                // Makes room for new ones. If the link comes back, no writer claims it.
                self.entries.swap_remove(index);
                Ok(())
            }
        }
    }

    fn create(&mut self, client: &mut Client) -> Result<(), Stop> {
        let content = self.new_content();
        let mut body = json!({ "original_url": content.target, "title": content.title });
        if self.random.bool() {
            // Generated codes have no hyphen, so they never collide with an alias.
            body["custom_alias"] = format!("alias-{}-{}", self.number, self.contents).into();
        }
        self.entries.push(Entry::new(content.clone()));
        let operation = Operation {
            method: "POST",
            path: LINKS.to_owned(),
            body: Some(body),
            result: State::Live(content),
        };
        carry_out(client, self.entries.last_mut().expect("one was pushed"), operation)
    }

    fn edit(&mut self, client: &mut Client, index: usize) -> Result<(), Stop> {
        let content = self.new_content();
        let entry = &mut self.entries[index];
        let operation = Operation {
            method: "PATCH",
            path: path_of(entry),
            body: Some(json!({ "original_url": content.target, "title": content.title })),
            result: State::Live(content),
        };
        carry_out(client, entry, operation)
    }

    fn delete(&mut self, client: &mut Client, index: usize) -> Result<(), Stop> {
        let entry = &mut self.entries[index];
        let path = path_of(entry);
        carry_out(
            client,
            entry,
            Operation { method: "DELETE", path, body: None, result: State::Gone },
        )
    }

    fn restore(&mut self, client: &mut Client, index: usize) -> Result<(), Stop> {
        let entry = &mut self.entries[index];
        let operation = Operation {
            method: "POST",
            path: format!("{}/restore", path_of(entry)),
            body: None,
            result: State::Live(entry.content.clone()),
        };
        carry_out(client, entry, operation)
    }

    fn new_content(&mut self) -> Content {
        self.contents += 1;
        Content {
            target: format!("https://example.com/{}/{}", self.number, self.contents),
            title: format!("content {} of writer {}", self.contents, self.number),
        }
    }
}

/// Records the operation, sends it, and records the answer.
fn carry_out(client: &mut Client, entry: &mut Entry, operation: Operation) -> Result<(), Stop> {
    let Operation { method, path, body, result } = operation;
    entry.unanswered = Some(result);
    let answer = match client.request(method, &path, body.as_ref()) {
        Ok(answer) => answer,
        Err(RequestError::NotSent(_)) => {
            entry.unanswered = None;
            return Err(Stop::CutOff);
        }
        Err(RequestError::Unanswered(_)) => return Err(Stop::CutOff),
    };
    if !(200..300).contains(&answer.status) {
        let body = String::from_utf8_lossy(&answer.body);
        let complaint = format!("{method} {path} answered {} {body}: {entry:?}", answer.status);
        return Err(Stop::WrongAnswer(complaint));
    }
    entry.acknowledge(Listed::parse(&answer.json())).map_err(Stop::WrongAnswer)
}

fn path_of(entry: &Entry) -> String {
    let identity =
        entry.identity.as_ref().expect("only a create that was answered is gone on with");
    format!("{LINKS}/{}", identity.id)
}

/// The link of an unanswered create, found by its content: no two writes have the same target.
fn find_created(unclaimed: &HashMap<u64, Listed>, entry: &Entry) -> Option<u64> {
    let link = unclaimed.values().find(|link| link.content == entry.content)?;
    Some(link.identity.id)
}
