//! How many records of this process's journal are done with: what was written less that is what
//! waits.
//!
//! Known from the marks that the drain moves anyway, so nobody has to look at the journal, and a
//! batch whose answer was lost counts when its mark is found. It counts no clicks: only health and
//! metrics ask for it.

use std::collections::{HashMap, HashSet};

use crate::skipped::Name;

#[derive(Debug, Default)]
pub(crate) struct Done {
    records: u64,
    /// Where the marks stand of segments that this process has made.
    marks: HashMap<Name, u64>,
}

impl Done {
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// A segment of this process was found, with this mark.
    pub(crate) fn found(&mut self, name: Name, records: u64) {
        self.marks.entry(name).or_default();
        self.moved(&name, records);
    }

    /// A mark was moved; those of segments of earlier runs change nothing.
    pub(crate) fn moved(&mut self, name: &Name, records: u64) {
        if let Some(mark) = self.marks.get_mut(name) {
            self.records += records.saturating_sub(*mark);
            *mark = records;
        }
    }

    pub(crate) fn keep_listed(&mut self, listed: &HashSet<Name>) {
        self.marks.retain(|name, _| listed.contains(name));
    }

    /// All was read that could be. So whatever was written `before` is done with, also if somebody
    /// has deleted it; and nothing was done that was written later than `after`, also if it was
    /// counted twice here because its file was away for a while.
    pub(crate) fn all_read(&mut self, before: u64, after: u64) {
        self.records = self.records.max(before).min(after);
    }
}

#[cfg(test)]
mod tests;
