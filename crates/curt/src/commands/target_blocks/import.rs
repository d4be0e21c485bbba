//! `curt target-blocks import`: a file of any length, one request for ten thousand patterns.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    net::IpAddr,
    path::Path,
};

use anyhow::Context as _;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Api, json as json_request},
    failure::Exit,
    terminal::{lines::Lines, output, progress::Progress},
};

const PATH: &str = "/api/v1/admin/target-blocks/import";

/// Patterns of one request: as many as the API takes, and half of the bytes that it takes.
const PART_LEN: usize = 10_000;
const PART_BYTES: usize = 1 << 20;

/// Names of the machine itself in hosts files.
const LOCAL_NAMES: [&str; 12] = [
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
    "0.0.0.0",
];

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// A comment, or an empty line.
    Nothing,
    /// A rule of an ad blocker, which means something else than a blocked host.
    AdBlocker,
    /// One pattern, or the names of a line of a hosts file.
    Patterns(Vec<&'a str>),
}

/// The result of a part.
#[derive(Debug, Deserialize)]
struct Imported {
    added: u64,
    known: u64,
    refused: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    index: usize,
    message: String,
}

#[derive(Default)]
struct Counts {
    added: u64,
    known: u64,
    refused: u64,
    ad_blocker: u64,
}

struct Import<'a> {
    api: &'a Api,
    reason: Option<&'a str>,
    progress: Progress,
    counts: Counts,
    /// Patterns with their line numbers.
    part: Vec<(u64, String)>,
    bytes: usize,
}

/// Refused lines that are printed one by one.
const TOLD_MAX: u64 = 20;

pub(super) async fn run(file: &Path, reason: Option<&str>, api: &Api) -> anyhow::Result<Exit> {
    let (input, progress): (Box<dyn BufRead>, _) = if file == Path::new("-") {
        (Box::new(io::stdin().lock()), Progress::open_ended())
    } else {
        let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
        let metadata = opened.metadata().with_context(|| format!("reading {}", file.display()))?;
        anyhow::ensure!(!metadata.is_dir(), "{} is a directory", file.display());
        (Box::new(BufReader::new(opened)), Progress::of_bytes(metadata.len()))
    };
    let counts = Counts::default();
    let mut import = Import { api, reason, progress, counts, part: Vec::new(), bytes: 0 };
    let mut lines = Lines::new(input);
    while let Some(line) = lines.next().with_context(|| format!("reading {}", file.display()))? {
        let number = line.number;
        match line.text.map(str::from_utf8) {
            Ok(Ok(text)) => import.take(number, content(text)),
            Ok(Err(_)) => import.refuse(number, "is no text"),
            Err(too_long) => import.refuse(number, &too_long.to_string()),
        }
        if PART_LEN <= import.part.len() || PART_BYTES <= import.bytes {
            import.send(lines.position()).await?;
        }
    }
    import.send(lines.position()).await?;
    import.end()
}

impl Import<'_> {
    fn take(&mut self, number: u64, content: Content<'_>) {
        match content {
            Content::Nothing => {}
            Content::AdBlocker => self.counts.ad_blocker += 1,
            Content::Patterns(patterns) => {
                for pattern in patterns {
                    self.bytes += pattern.len();
                    self.part.push((number, pattern.to_owned()));
                }
            }
        }
    }

    fn refuse(&mut self, number: u64, why: &str) {
        self.counts.refused += 1;
        if self.counts.refused <= TOLD_MAX {
            self.progress.note(&format!("line {number} {why}"));
        }
    }

    async fn send(&mut self, position: u64) -> anyhow::Result<()> {
        self.bytes = 0;
        let part = std::mem::take(&mut self.part);
        for slice in part.chunks(PART_LEN) {
            let patterns: Vec<&str> = slice.iter().map(|(_, pattern)| pattern.as_str()).collect();
            let body = json!({ "patterns": patterns, "reason": self.reason });
            let imported: Imported =
                self.api.ask(json_request(Method::POST, PATH, &body)).await?.json()?;
            self.counts.added += imported.added;
            self.counts.known += imported.known;
            for Refused { index, message } in imported.refused {
                self.refuse(slice[index].0, &message);
            }
        }
        let done = self.counts.added + self.counts.known;
        self.progress.set(position, format!("{done} patterns, {}", self.progress.rate(done)));
        Ok(())
    }

    /// Exits as failed if lines were refused, although all others were added.
    fn end(self) -> anyhow::Result<Exit> {
        let Counts { added, known, refused, ad_blocker } = self.counts;
        drop(self.progress);
        if 0 < ad_blocker {
            output::note(&format!("passed over {ad_blocker} rules of ad blockers"));
        }
        output::line(format!("{added} added, {known} known before, {refused} refused"))?;
        Ok(if refused == 0 { Exit::Success } else { Exit::Failed })
    }
}

pub(super) fn content(line: &str) -> Content<'_> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() || line.starts_with(['#', '!']) && !line.starts_with("##") {
        return Content::Nothing;
    }
    let is_rule = line.starts_with(['|', '@', '[', '/', '&', '?', '-', '_', '^', '~'])
        || ["##", "#@#", "#?#", "^$", "$"].iter().any(|mark| line.contains(mark))
        || line.ends_with('^');
    // An IPv6 address in brackets begins like a heading of such a list.
    let is_address = line.starts_with('[') && line.contains(':');
    if is_rule && !is_address {
        return Content::AdBlocker;
    }
    // A `#` inside a URL starts its fragment; a comment follows a blank.
    let end = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
    let line = end.map_or(line, |(at, _)| &line[..at]);
    let mut words = line.split_whitespace();
    let Some(first) = words.next() else { return Content::Nothing };
    let names: Vec<&str> = words.collect();
    if names.is_empty() {
        return Content::Patterns(vec![first]);
    }
    if first.parse::<IpAddr>().is_ok() {
        let is_other = |name: &&str| !LOCAL_NAMES.contains(name);
        return Content::Patterns(names.into_iter().filter(is_other).collect());
    }
    // Not a line of a hosts file: refused as a whole.
    Content::Patterns(vec![line.trim()])
}

#[cfg(test)]
mod tests;
