//! How many records of this process's journal are done. The number of written records less this is
//! the number that still wait.
//!
//! It follows from the marks that the drain moves anyway, so no extra look at the journal is
//! needed, and a batch whose answer was lost counts once its mark is found. It does not affect the
//! count of clicks: only health and metrics use it.

use std::collections::{HashMap, HashSet};

use crate::skipped::Name;

#[derive(Debug, Default)]
pub(crate) struct Done {
    records: u64,
    /// The marks of segments that this process created.
    marks: HashMap<Name, u64>,
}

impl Done {
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// A segment of this process was found with this mark.
    pub(crate) fn found(&mut self, name: Name, records: u64) {
        self.marks.entry(name).or_default();
        self.moved(&name, records);
    }

    /// A mark was moved; marks of earlier runs' segments change nothing.
    pub(crate) fn moved(&mut self, name: &Name, records: u64) {
        if let Some(mark) = self.marks.get_mut(name) {
            self.records += records.saturating_sub(*mark);
            *mark = records;
        }
    }

    pub(crate) fn keep_listed(&mut self, listed: &HashSet<Name>) {
        self.marks.retain(|name, _| listed.contains(name));
    }

    /// Everything readable was read. So all records written before the pass (`before`) are done,
    /// even if their file was deleted. And no more are done than are written by now (`after`), even
    /// if a file was counted twice here because it was missing for a while.
    pub(crate) fn all_read(&mut self, before: u64, after: u64) {
        self.records = self.records.max(before).min(after);
    }
}

#[cfg(test)]
mod tests;
