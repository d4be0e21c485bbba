//! Clicks added up in memory before they are stored.

use std::collections::HashMap;

use curt_domain::{Bucket, Click, ClickTotals, LinkId, Timestamp};
use curt_store::{ClickLosses, LinkClicks};
use foldhash::fast::RandomState;

use crate::agents::Agents;

#[derive(Debug, Default)]
pub(crate) struct Fold {
    rows: HashMap<(LinkId, Bucket), Sum, RandomState>,
    losses: HashMap<Bucket, ClickLosses, RandomState>,
    agents: Agents,
}

#[derive(Debug)]
struct Sum {
    totals: ClickTotals,
    last_at: Timestamp,
}

impl Fold {
    /// How many pairs of link and bucket have clicks.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Counts a click and returns its time. A click from the future means that the clock was set
    /// back since. It counts as of now, or it would appear in the statistics of a future day.
    pub(crate) fn count(&mut self, click: &Click<'_>, now: Timestamp) -> Timestamp {
        let at = click.at.min(now);
        let class = click.decided.unwrap_or_else(|| self.agents.class(click.user_agent));
        let first = Sum { totals: ClickTotals::default(), last_at: at };
        let sum = self.rows.entry((click.link, Bucket::of(at))).or_insert(first);
        sum.totals.count(class);
        sum.last_at = sum.last_at.max(at);
        at
    }

    /// Notes clicks that are missing since about that time.
    pub(crate) fn miss(&mut self, at: Timestamp, missing: ClickLosses) {
        if missing == ClickLosses::default() {
            return;
        }
        let losses = self.losses.entry(Bucket::of(at)).or_default();
        losses.dropped += missing.dropped;
        losses.lost += missing.lost;
    }

    /// Takes all sums out, and keeps the known user agents.
    pub(crate) fn take(&mut self) -> (Vec<LinkClicks>, Vec<(Bucket, ClickLosses)>) {
        let row = |((link, bucket), Sum { totals, last_at })| LinkClicks {
            link,
            bucket,
            totals,
            last_at,
        };
        (self.rows.drain().map(row).collect(), self.losses.drain().collect())
    }
}

#[cfg(test)]
mod tests;
