//! Destinations that an operator blocks: a matcher for a million hosts and URLs.
//!
//! A host is looked up by its suffixes, starting with the last label: one probe of a hash table
//! each, and nearly all probes end at the first look. The same parser reads targets and patterns,
//! so IDNA, case, escapes, trailing dots and odd spellings of an address hide nothing.

use std::{borrow::Cow, fmt, hash::BuildHasher as _};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use percent_encoding::percent_decode_str;

use crate::targets::{Place, TargetUrl};

mod patterns;

pub use patterns::{InvalidPattern, PATTERN_LEN_MAX, PatternKind, TargetPattern};

/// Most patterns of a list: as many as the large public lists together, in 100 MB of memory.
pub const PATTERNS_MAX: usize = 2_000_000;

/// Ends every text in [`TargetPatterns::texts`]; no host contains it.
const END: u8 = b'\n';

/// A list of patterns, ready for lookups. It never changes; another list replaces it.
#[derive(Default)]
pub struct TargetPatterns {
    /// Hosts as `evil.example`, suffixes as `.evil.example`, one after the other.
    texts: Box<[u8]>,
    /// The start of each text.
    starts: HashTable<u32>,
    hasher: RandomState,
    /// Labels of the longest suffix: limits the lookups, however many labels a target has.
    labels_max: usize,
    /// **Invariant:** sorted, and none is a prefix of another, so only the one before can match.
    prefixes: Box<[Prefix]>,
}

/// The beginning of a URL.
struct Prefix {
    /// Host, optional port, path and query, with escapes decoded.
    key: Box<[u8]>,
    /// The pattern as it was written, if different.
    text: Option<Box<str>>,
}

/// Builds a list.
#[derive(Default)]
pub struct TargetPatternsBuilder {
    texts: Vec<u8>,
    starts: Vec<u32>,
    labels_max: usize,
    prefixes: Vec<Prefix>,
}

impl TargetPatternsBuilder {
    /// Adds a pattern, unless there are already [`PATTERNS_MAX`].
    pub fn add(&mut self, pattern: &TargetPattern) -> Result<(), TooManyPatterns> {
        if self.starts.len() + self.prefixes.len() == PATTERNS_MAX {
            return Err(TooManyPatterns);
        }
        match pattern.kind() {
            PatternKind::Host => self.add_text(pattern.as_str()),
            PatternKind::Suffix => {
                let suffix = &pattern.as_str()["*".len()..];
                self.labels_max = self.labels_max.max(suffix.matches('.').count());
                self.add_text(suffix);
            }
            PatternKind::Prefix => {
                let key: Box<[u8]> = percent_decode_str(pattern.as_str()).collect();
                let is_same = *key == *pattern.as_str().as_bytes();
                let text = (!is_same).then(|| pattern.as_str().into());
                self.prefixes.push(Prefix { key, text });
            }
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        let start = u32::try_from(self.texts.len());
        self.starts.push(start.expect("all hosts together are shorter than 4 GiB"));
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.push(END);
    }

    pub fn build(mut self) -> TargetPatterns {
        self.prefixes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        self.prefixes.dedup_by(|later, kept| later.key.starts_with(&kept.key));
        let mut list = TargetPatterns {
            texts: self.texts.into(),
            starts: HashTable::with_capacity(self.starts.len()),
            hasher: RandomState::default(),
            labels_max: self.labels_max,
            prefixes: self.prefixes.into(),
        };
        for start in self.starts {
            list.insert(start);
        }
        list
    }
}

/// The list is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list has {PATTERNS_MAX} patterns already")]
pub struct TooManyPatterns;

impl TargetPatterns {
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.prefixes.is_empty()
    }

    /// Distinct patterns; prefixes covered by others do not count.
    pub fn len(&self) -> usize {
        self.starts.len() + self.prefixes.len()
    }

    /// The list's memory, in bytes.
    pub fn memory(&self) -> usize {
        let prefix = |prefix: &Prefix| {
            size_of::<Prefix>()
                + prefix.key.len()
                + prefix.text.as_ref().map_or(0, |text| text.len())
        };
        let prefixes: usize = self.prefixes.iter().map(prefix).sum();
        self.texts.len() + self.starts.allocation_size() + prefixes
    }

    /// The pattern that blocks this target, if one does.
    pub fn find(&self, target: &TargetUrl) -> Option<TargetPattern> {
        let Place { host, port, rest } = target.place();
        self.find_host(&host).or_else(|| self.find_prefix(&host, port, rest))
    }

    fn find_host(&self, host: &str) -> Option<TargetPattern> {
        if self.starts.is_empty() {
            return None;
        }
        if self.has(host) {
            return Some(TargetPattern::stored(PatternKind::Host, host.into()));
        }
        // A suffix also covers the host that it consists of.
        let dotted = format!(".{host}");
        let ends = dotted.rmatch_indices('.').map(|(start, _)| &dotted[start..]);
        let suffix = ends.take(self.labels_max).find(|end| self.has(end))?;
        Some(TargetPattern::stored(PatternKind::Suffix, format!("*{suffix}").into()))
    }

    fn find_prefix(&self, host: &str, port: Option<&str>, rest: &str) -> Option<TargetPattern> {
        if self.prefixes.is_empty() {
            return None;
        }
        let rest: Cow<'_, [u8]> = percent_decode_str(rest).into();
        // A prefix without a port applies to every port.
        let anywhere = [host.as_bytes(), &rest].concat();
        let here = port.map(|port| [host.as_bytes(), b":", port.as_bytes(), &rest].concat());
        let prefix =
            [Some(anywhere), here].into_iter().flatten().find_map(|key| self.before(&key))?;
        let text = match &prefix.text {
            Some(text) => text.clone(),
            None => String::from_utf8_lossy(&prefix.key).into(),
        };
        Some(TargetPattern::stored(PatternKind::Prefix, text))
    }

    /// The prefix that the key starts with. Prefixes are sorted and none is a prefix of another, so
    /// it is the last one that does not sort after the key.
    fn before(&self, key: &[u8]) -> Option<&Prefix> {
        let behind = self.prefixes.partition_point(|prefix| *prefix.key <= *key);
        let prefix = &self.prefixes[behind.checked_sub(1)?];
        key.starts_with(&prefix.key).then_some(prefix)
    }

    fn has(&self, text: &str) -> bool {
        let is_it = |start: &u32| self.text(*start) == text.as_bytes();
        self.starts.find(self.hasher.hash_one(text.as_bytes()), is_it).is_some()
    }

    /// Skips texts that already exist.
    fn insert(&mut self, start: u32) {
        let Self { texts, starts, hasher, .. } = self;
        let text = text(texts, start);
        let hash = hasher.hash_one(text);
        if starts.find(hash, |known| self::text(texts, *known) == text).is_none() {
            starts.insert_unique(hash, start, |known| hasher.hash_one(self::text(texts, *known)));
        }
    }

    fn text(&self, start: u32) -> &[u8] {
        text(&self.texts, start)
    }
}

fn text(texts: &[u8], start: u32) -> &[u8] {
    let text = &texts[start as usize..];
    let len = text.iter().position(|byte| *byte == END);
    &text[..len.unwrap_or(text.len())]
}

impl fmt::Debug for TargetPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destinations({} patterns)", self.len())
    }
}

impl TargetPattern {
    /// Whether this pattern alone would block the target.
    pub fn blocks(&self, target: &TargetUrl) -> bool {
        let mut builder = TargetPatternsBuilder::default();
        builder.add(self).expect("an empty list has room for one");
        let list: TargetPatterns = builder.build();
        list.find(target).is_some()
    }
}

#[cfg(test)]
mod tests;
