//! Concurrent writers against a server that dies under them, and the check afterwards.
//!
//! Each writer owns its links, so what one link may be after a crash is known exactly: as its last
//! acknowledged operation left it, or as the one unanswered operation after that would. An operation
//! is noted before it is sent and again when it is answered. The check reads every link back and
//! finds what was lost, what came back from the dead, what is there twice, and what nobody wrote.

mod listing;
mod writer;

use std::{collections::HashMap, sync::mpsc, thread, time::Duration};

use crate::server::{ADMIN_KEY, Client, Server};
use listing::Listed;
use writer::Writer;

/// Enough that SQLite's writer commits in groups; each waits for its answers.
const WRITERS: u64 = 8;

/// What writers set and a check compares.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    target: String,
    title: String,
}

/// What can be seen of a link through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Deleted, or never created.
    Gone,
    Live(Content),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Revision {
    Exactly(u64),
    /// Operations that answer without the link may have raised it.
    AtLeast(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    id: u64,
    code: String,
}

/// One link, as its writer knows it.
#[derive(Debug)]
struct Entry {
    /// Absent while its create is unanswered.
    identity: Option<Identity>,
    /// After the last acknowledged operation.
    acknowledged: State,
    /// After an operation that was sent and not answered.
    unanswered: Option<State>,
    /// The last acknowledged content; a deleted link gets it back by a restore.
    content: Content,
    /// What the last edit put `content` in place of.
    replaced: Option<Content>,
    revision: Revision,
}

impl Entry {
    /// A link that is about to be created.
    fn new(content: Content) -> Self {
        Self {
            identity: None,
            acknowledged: State::Gone,
            unanswered: Some(State::Live(content.clone())),
            content,
            replaced: None,
            revision: Revision::AtLeast(1),
        }
    }

    /// Takes the answer to the operation that was sent last.
    fn acknowledge(&mut self, answer: Option<Listed>) -> Result<(), String> {
        let state = self.unanswered.take().expect("it is noted before it is sent");
        let told = answer.as_ref().map_or(State::Gone, |link| State::Live(link.content.clone()));
        if told != state {
            return Err(format!("answered {told:?} in place of {state:?}: {self:?}"));
        }
        self.revision = match (&answer, self.revision) {
            (Some(link), _) => Revision::Exactly(link.revision),
            (None, Revision::Exactly(before) | Revision::AtLeast(before)) => {
                Revision::AtLeast(before)
            }
        };
        if let Some(link) = answer {
            self.identity = Some(link.identity);
        }
        self.becomes(state);
        Ok(())
    }

    /// Compares with what is there after a crash, which settles an unanswered operation.
    fn settle(&mut self, found: Option<Listed>) -> Result<(), String> {
        let seen = found.as_ref().map_or(State::Gone, |link| State::Live(link.content.clone()));
        let was_carried_out = self.unanswered.as_ref() == Some(&seen);
        if seen != self.acknowledged && !was_carried_out {
            return Err(format!("found {seen:?} in place of {self:?}"));
        }
        if let Some(link) = found {
            let plausible = match self.revision {
                Revision::Exactly(revision) if !was_carried_out => revision == link.revision,
                Revision::Exactly(revision) | Revision::AtLeast(revision) => {
                    revision <= link.revision
                }
            };
            if !plausible {
                return Err(format!("found revision {} of {self:?}", link.revision));
            }
            self.revision = Revision::Exactly(link.revision);
            self.identity = Some(link.identity);
        }
        self.unanswered = None;
        self.becomes(seen);
        Ok(())
    }

    fn becomes(&mut self, state: State) {
        if let State::Live(content) = &state
            && *content != self.content
        {
            self.replaced = Some(std::mem::replace(&mut self.content, content.clone()));
        }
        self.acknowledged = state;
    }
}

/// All that was written to one data directory, over any number of crashes.
pub struct History {
    writers: Vec<Writer>,
}

impl History {
    /// The same seed gives the same operations, as far as answers come in the same order.
    pub fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self { writers: (0..WRITERS).map(|number| Writer::new(number, random.fork())).collect() }
    }

    /// Lets all writers write for `time`, then calls `end`, which must end the server.
    ///
    /// # Panics
    /// Panics when a writer got an answer that a healthy server does not give.
    pub fn write(&mut self, server: Server, time: Duration, end: impl FnOnce(Server)) {
        let address = server.address();
        thread::scope(|scope| {
            let (ended, any_ended) = mpsc::channel();
            for writer in &mut self.writers {
                let ended = ended.clone();
                scope.spawn(move || {
                    writer.write_until_cut_off(&mut Client::new(address).with_key(ADMIN_KEY));
                    ended.send(()).ok();
                });
            }
            // One that ends early has something to complain about.
            any_ended.recv_timeout(time).ok();
            end(server);
        });
        let complaints: Vec<&str> = self.writers.iter().filter_map(Writer::complaint).collect();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    /// Compares everything that was ever acknowledged with what the server has now, and returns how
    /// many links there are.
    ///
    /// # Panics
    /// Panics with all differences.
    pub fn check(&mut self, server: &Server) -> usize {
        let listed = listing::all(&mut server.client());
        let links = listed.len();
        let mut problems = duplicates(&listed);
        let mut unclaimed: HashMap<u64, Listed> =
            listed.into_iter().map(|link| (link.identity.id, link)).collect();
        for writer in &mut self.writers {
            problems.extend(writer.settle(&mut unclaimed));
        }
        problems.extend(unclaimed.values().map(|link| format!("nobody wrote {link:?}")));
        if problems.is_empty() {
            problems.extend(self.read_back(server));
        }
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), server.output());
        links
    }

    /// Follows every link, and reads what its last edit replaced.
    fn read_back(&self, server: &Server) -> Vec<String> {
        let (mut client, mut visitor) = (server.client(), server.visitor());
        let entries = self.writers.iter().flat_map(Writer::entries);
        entries
            .flat_map(|entry| {
                [listing::follow(&mut visitor, entry), listing::read_versions(&mut client, entry)]
            })
            .filter_map(Result::err)
            .collect()
    }
}

fn duplicates(listed: &[Listed]) -> Vec<String> {
    let mut seen: HashMap<&str, &Listed> = HashMap::new();
    let mut problems = Vec::new();
    let mut ids: HashMap<u64, &Listed> = HashMap::new();
    for link in listed {
        if let Some(other) = seen.insert(&link.identity.code, link) {
            problems.push(format!("one code, two links: {other:?} and {link:?}"));
        }
        if let Some(other) = ids.insert(link.identity.id, link) {
            problems.push(format!("one id, two links: {other:?} and {link:?}"));
        }
    }
    problems
}

#[cfg(test)]
mod tests;
