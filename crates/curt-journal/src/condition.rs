//! What state the journal is in, for health, metrics and the log.

use std::time::{Duration, Instant};

use crate::shard::Counts;

/// The journal's thread has a round five times a second. When one takes longer than this, the disk
/// hangs, and gives no error to tell.
const ROUND_TIME_MAX: Duration = Duration::from_secs(5);

/// What is said of a disk that gives no answer.
pub(crate) const NO_ANSWER: &str = "the disk does not answer";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Working,
    /// Its capacity is used up by records that nobody has drained: what comes next may be dropped.
    Full,
    /// The disk refuses something and is asked again every second, or it does not answer.
    Failing,
}

/// A journal at one moment. Counts begin when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    pub state: State,
    /// Why it is failing.
    pub error: Option<String>,
    /// On the disk, reserved space included, as of the last sync interval.
    pub bytes: u64,
    pub capacity: u64,
    pub segments: usize,
    pub records_appended: u64,
    pub records_dropped: u64,
    /// When the latest of them was.
    pub last_drop: Option<Instant>,
    pub sync_failures: u64,
}

/// What the keeper knows.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    pub(crate) is_full: bool,
    pub(crate) bytes: u64,
    pub(crate) segments: usize,
    pub(crate) sync_failures: u64,
    /// When its latest round began, while it is to make any.
    pub(crate) last_round: Option<Instant>,
    making: Trouble,
    keeping: Trouble,
    syncing: Trouble,
}

/// One thing that can fail, and whether it does.
#[derive(Debug, Default)]
struct Trouble(Option<String>);

/// What the keeper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Making and writing segments.
    Writing,
    Syncing,
    /// The keeper itself: it has panicked.
    Keeping,
}

impl Condition {
    /// Logged once for each change, as clicks come by the thousand.
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
