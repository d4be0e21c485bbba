//! The journal's state, for health, metrics and the log.

use std::time::{Duration, Instant};

use crate::shard::Counts;

/// The journal's thread runs a round five times a second. If one takes longer than this, the disk
/// hangs without returning an error.
const ROUND_TIME_MAX: Duration = Duration::from_secs(5);

/// The error for a disk that does not answer.
pub(crate) const NO_ANSWER: &str = "the disk does not answer";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Working,
    /// Undrained records use up its capacity: further clicks may be dropped.
    Full,
    /// The disk refuses an operation, which is retried every second, or it does not answer.
    Failing,
}

/// A journal's state at one moment. Counts begin when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    pub state: State,
    /// Why it is failing.
    pub error: Option<String>,
    /// Bytes on the disk, including reserved space, as of the last sync interval.
    pub bytes: u64,
    pub capacity: u64,
    pub segments: usize,
    pub records_appended: u64,
    pub records_dropped: u64,
    /// The time of the latest drop.
    pub last_drop: Option<Instant>,
    pub sync_failures: u64,
}

/// The keeper's knowledge.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    pub(crate) is_full: bool,
    pub(crate) bytes: u64,
    pub(crate) segments: usize,
    pub(crate) sync_failures: u64,
    /// When its latest round began, while the keeper runs rounds.
    pub(crate) last_round: Option<Instant>,
    making: Trouble,
    keeping: Trouble,
    syncing: Trouble,
}

/// One kind of work that can fail, and its current error.
#[derive(Debug, Default)]
struct Trouble(Option<String>);

/// The kinds of work that the keeper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Making and writing segments.
    Writing,
    Syncing,
    /// The keeper itself: it has panicked.
    Keeping,
}

impl Condition {
    /// Logged once for each change, because clicks arrive by the thousand.
    pub(crate) fn has_failed(&mut self, work: Work, error: &std::io::Error) {
        let error = error.to_string();
        let trouble = self.trouble(work);
        if trouble.0.as_ref() != Some(&error) {
            tracing::error!(error, ?work, "the journal fails; clicks it drops are counted");
            trouble.0 = Some(error);
        }
    }

    pub(crate) fn has_worked(&mut self, work: Work) {
        if self.trouble(work).0.take().is_some() {
            tracing::info!(?work, "the journal works again");
        }
    }

    fn trouble(&mut self, work: Work) -> &mut Trouble {
        match work {
            Work::Writing => &mut self.making,
            Work::Syncing => &mut self.syncing,
            Work::Keeping => &mut self.keeping,
        }
    }
}

impl Stats {
    pub(crate) fn new(condition: &Condition, counts: Counts, capacity: u64, now: Instant) -> Self {
        let troubles = [&condition.making, &condition.syncing, &condition.keeping];
        let error = troubles.into_iter().find_map(|trouble| trouble.0.clone());
        let since = condition.last_round.map(|at| now.saturating_duration_since(at));
        let hangs = since.is_some_and(|since| ROUND_TIME_MAX < since);
        let error = error.or_else(|| hangs.then(|| NO_ANSWER.to_owned()));
        let state = match (&error, condition.is_full) {
            (Some(_), _) => State::Failing,
            (None, true) => State::Full,
            (None, false) => State::Working,
        };
        Self {
            state,
            error,
            bytes: condition.bytes,
            capacity,
            segments: condition.segments,
            records_appended: counts.records,
            records_dropped: counts.dropped,
            last_drop: counts.last_drop,
            sync_failures: condition.sync_failures,
        }
    }
}
