//! Concurrent writers against a server that dies under them, and the check afterwards.
//!
//! Each writer owns its links, so the possible states of a link after a crash are known exactly: as
//! its last acknowledged operation left it, or as the one unanswered operation after that would. An
//! operation is recorded before it is sent and again when it is answered. The check reads every
//! link back and finds lost, resurrected, duplicated and unknown links.

mod entry;
mod listing;
mod writer;

use std::{collections::HashMap, sync::mpsc, thread, time::Duration};

use crate::server::{ADMIN_KEY, Client, Server};
use entry::Listed;
use writer::Writer;

/// Enough that SQLite's writer commits in groups; each writer waits for its answers.
const WRITERS: u64 = 8;

/// Everything that was written to one data directory, over any number of crashes.
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
            // A writer that ends early has found an error.
            any_ended.recv_timeout(time).ok();
            end(server);
        });
        let complaints: Vec<&str> = self.writers.iter().filter_map(Writer::complaint).collect();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    /// Compares everything that was ever acknowledged with the server's data, and returns the
    /// number of links.
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

    /// Follows every link, and reads the version that its last edit replaced.
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
