//! Counts a journal batch by batch: read, add up, store with the marks, remove.
//!
//! **Invariant:** data that was read but not stored exists only in the fold and in the readings.
//! After any failure both are discarded, and the marks in the database tell where to continue. So
//! there is one way to recover from everything: an unavailable database, a lost answer to COMMIT,
//! another drain on the same segments.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    ops::ControlFlow,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use curt_domain::{Clock, Timestamp};
use curt_journal::{Journal, Liveness, SegmentFile, SegmentId, segments, survey};
use curt_store::{
    AddClicksError, CLICK_ROWS_MAX, ClickBatch, ClickLosses, JournalMark, MarkMove, Store,
    StoreError,
};

use crate::{
    depth::Done,
    fold::Fold,
    reading::{Look, Reading},
    skipped::{Name, SkipReason, SkippedSegments, name},
};

/// A batch takes no more after this time: a click shows only when its whole batch is stored.
const BATCH_TIME_MAX: Duration = Duration::from_millis(100);

/// Segments in a batch. Each mark is a separate statement, a round trip to a server.
const BATCH_SEGMENTS_MAX: usize = 64;

/// Rows of a batch if the database is slow. One click may be one row.
const ROWS_FLOOR: usize = 125;

/// Minimum rows for one look at a segment: each look begins by reading a piece of the file again.
const LOOK_ROWS_MIN: usize = 60;

/// If storing takes longer, other writes wait too long for SQLite's writer, or the batch exceeds
/// its time limit: the next batch is half as large. Otherwise it is a little larger, because rows
/// are not the only cost of a batch.
const STORE_TIME_HIGH: Duration = Duration::from_millis(100);

/// Why a batch was not counted. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    #[error("the journal's directory cannot be read")]
    Journal(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the program panicked, as its standard error says: this is a bug")]
    Panicked,
}

/// The purpose of counting a journal, which decides what happens to its segments.
#[derive(Debug, Clone)]
pub(crate) enum CountingMode {
    /// This process's own journal: clicks are stored, and fully read segments are removed.
    Drain(Arc<Journal>),
    /// A journal that is not this process's, live or ended when its segments were listed: clicks
    /// are stored, but no file is changed.
    Replay(Liveness),
    /// Like `Replay`, but nothing is stored either.
    Rehearse(Liveness),
}

impl CountingMode {
    /// Whether the segment may still grow.
    fn liveness(&self, id: SegmentId) -> Liveness {
        match self {
            Self::Drain(journal) => journal.liveness(id),
            Self::Replay(liveness) | Self::Rehearse(liveness) => *liveness,
        }
    }

    /// Whether the segment belongs to this process's journal.
    fn has_made(&self, id: SegmentId) -> bool {
        matches!(self, Self::Drain(journal) if journal.has_made(id))
    }

    /// Records written by this process so far.
    fn records_written(&self) -> u64 {
        match self {
            Self::Drain(journal) => journal.records_appended(),
            Self::Replay(_) | Self::Rehearse(_) => 0,
        }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Counted(Batch),
    /// A segment was skipped; the others can be counted without it.
    /// Another process has counted or removed the records, or this one has and the answer was lost:
    /// the marks are read again.
    Skipped,
    Overtaken,
}

/// The result of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) clicks: u64,
    pub(crate) missing: ClickLosses,
    pub(crate) undecodable: u64,
    /// All readable records had been read when the batch was read.
    pub(crate) is_dry: bool,
    /// But written data exists that cannot be read.
    is_stuck: bool,
    /// Clicks older than this are counted, approximately.
    pub(crate) counted_to: Timestamp,
    /// The time to read and add up. `store_time` is absent if there was nothing to store.
    pub(crate) read_time: Duration,
    pub(crate) store_time: Option<Duration>,
}

impl Batch {
    fn of_nothing(now: Timestamp) -> Self {
        Self {
            clicks: 0,
            missing: ClickLosses::default(),
            undecodable: 0,
            is_dry: true,
            is_stuck: false,
            counted_to: now,
            read_time: Duration::ZERO,
            store_time: None,
        }
    }

    fn add(&mut self, look: Look) {
        self.clicks += look.clicks;
        self.missing.dropped += look.missing.dropped;
        self.missing.lost += look.missing.lost;
        self.undecodable += look.undecodable;
        self.is_stuck |= look.is_stuck;
    }
}

/// The sum of all batches; for a rehearsal, of those since it last started over.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) clicks: u64,
    /// How many of `clicks` are on links that the database does not have.
    pub(crate) of_unknown_links: u64,
}

pub(crate) struct Counting {
    store: Store,
    directory: PathBuf,
    clock: Clock,
    mode: CountingMode,
    /// Oldest first: a busy shard keeps the others waiting for at most as long as it takes to fill
    /// a segment.
    readings: BTreeMap<Name, Reading>,
    skipped: SkippedSegments,
    fold: Fold,
    done: Done,
    rows_max: usize,
    tally: Tally,
    said_unremovable: bool,
    /// For tests of a batch that is committed when the thread panics.
    #[cfg(test)]
    pub(crate) panics_after_commit: bool,
}

impl Counting {
    pub(crate) fn new(store: Store, directory: PathBuf, clock: Clock, mode: CountingMode) -> Self {
        Self {
            store,
            directory,
            clock,
            mode,
            readings: BTreeMap::new(),
            skipped: SkippedSegments::default(),
            fold: Fold::default(),
            done: Done::default(),
            rows_max: CLICK_ROWS_MAX,
            tally: Tally::default(),
            said_unremovable: false,
            #[cfg(test)]
            panics_after_commit: false,
        }
    }

    /// Counts one batch of what is there.
    pub(crate) async fn pass(&mut self) -> Result<Pass, PassError> {
        let result = self.try_pass().await;
        if result.is_err() {
            self.forget();
        }
        result
    }

    /// Replaces a counting that panicked: without anything it had read, but with what it had done.
    pub(crate) fn anew(&mut self) -> Self {
        let (store, directory) = (self.store.clone(), self.directory.clone());
        let done = std::mem::take(&mut self.done);
        let anew = Self::new(store, directory, self.clock.clone(), self.mode.clone());
        Self { done, ..anew }
    }

    /// Whether nothing is stored, so that records that are read again count again.
    fn is_rehearsal(&self) -> bool {
        matches!(self.mode, CountingMode::Rehearse(_))
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// The marks of all segments that could be read.
    pub(crate) fn marks(&self) -> impl Iterator<Item = JournalMark> {
        self.readings.values().map(Reading::stored)
    }

    /// How many records of this process's journal are done.
    pub(crate) fn records_done(&self) -> u64 {
        self.done.records()
    }

    pub(crate) fn skipped(&self) -> &SkippedSegments {
        &self.skipped
    }

    async fn try_pass(&mut self) -> Result<Pass, PassError> {
        let written_before = self.mode.records_written();
        self.list_segments().await?;
        let now = self.clock.now();
        let started = Instant::now();
        let mut batch = match self.read(now) {
            Ok(batch) => batch,
            Err((name, because)) if because.is_gone() => {
                tracing::debug!(segment = %name.1, "a segment was removed before it was opened");
                self.forget();
                return Ok(Pass::Overtaken);
            }
            Err((name, because)) => {
                self.skipped.add(name, because, Instant::now());
                self.forget();
                return Ok(Pass::Skipped);
            }
        };
        batch.read_time = started.elapsed();
        for (name, _) in self.readings.iter().filter(|(_, reading)| reading.is_open()) {
            self.skipped.has_been_read(name);
        }
        batch.counted_to = self.counted_to(now);
        let steps: Vec<_> =
            self.readings.values().filter_map(|reading| reading.step(now)).collect();
        if !steps.is_empty() {
            let started = Instant::now();
            if self.store(&steps).await?.is_break() {
                self.forget();
                return Ok(Pass::Overtaken);
            }
            batch.store_time = Some(started.elapsed());
            #[cfg(test)]
            assert!(!self.panics_after_commit, "as the test wants it");
        }
        if batch.is_dry && !batch.is_stuck && self.skipped.count() == 0 {
            self.done.all_read(written_before, self.mode.records_written());
        }
        self.tally.clicks += batch.clicks;
        self.put_away_finished(now);
        Ok(Pass::Counted(batch))
    }

    /// Looks for new segments and reads their marks. A known segment needs no query.
    async fn list_segments(&mut self) -> Result<(), PassError> {
        let files = match &mut self.mode {
            CountingMode::Drain(_) => segments(&self.directory)?.segments,
            CountingMode::Replay(liveness) | CountingMode::Rehearse(liveness) => {
                let (listing, liveness_now) = survey(&self.directory)?;
                *liveness = liveness_now;
                listing.segments
            }
        };
        let listed: HashSet<Name> = files.iter().map(name).collect();
        // A replaced file is read anew from its mark, like an unknown one.
        let inodes: HashMap<Name, u64> =
            files.iter().map(|file| (name(file), file.inode)).collect();
        self.readings.retain(|name, reading| inodes.get(name) == Some(&reading.file.inode));
        self.skipped.keep_listed(&listed);
        self.done.keep_listed(&listed);
        let now = Instant::now();
        let is_new = |file: &SegmentFile| {
            let name = name(file);
            !self.readings.contains_key(&name) && self.skipped.may_be_read(&name, &listed, now)
        };
        let new: Vec<_> = files.into_iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = new.iter().map(|file| file.id.0).collect();
        let marks = self.store.journal_marks(&ids).await?;
        let mut read: HashSet<SegmentId> = self.readings.keys().map(|(_, id)| *id).collect();
        for file in new {
            // Both would move the same mark, and neither would make progress.
            if !read.insert(file.id) {
                self.skipped.add(name(&file), SkipReason::Repeated, now);
                continue;
            }
            let stored = marks.get(&file.id.0).copied();
            if self.mode.has_made(file.id) {
                self.done.found(name(&file), stored.map_or(0, |mark| mark.records));
            }
            self.readings.insert(name(&file), Reading::new(file, stored));
        }
        Ok(())
    }

    /// Fills the fold until it is full, its time is over, or nothing is left to read.
    fn read(&mut self, now: Timestamp) -> Result<Batch, (Name, SkipReason)> {
        let started = Instant::now();
        let mut batch = Batch::of_nothing(now);
        let mut segments = 0;
        let unread = self.readings.iter_mut().filter(|(_, reading)| !reading.has_ended());
        for (name, reading) in unread {
            loop {
                let room = self.rows_max.saturating_sub(self.fold.len());
                let is_full = room < LOOK_ROWS_MIN || BATCH_SEGMENTS_MAX <= segments;
                if is_full || BATCH_TIME_MAX <= started.elapsed() {
                    return Ok(Batch { is_dry: false, ..batch });
                }
                // Before reading: a seal written in between is seen the next time.
                let liveness = self.mode.liveness(name.1);
                let look = reading.look(room as u64, liveness, &mut self.fold, now);
                let look = look.map_err(|because| (*name, because))?;
                batch.add(look);
                if look.is_dry {
                    break;
                }
            }
            segments += usize::from(reading.step(now).is_some());
        }
        Ok(batch)
    }

    /// Clicks older than this are read, whatever segment they are in.
    fn counted_to(&self, now: Timestamp) -> Timestamp {
        let unfinished = self.readings.values().filter(|reading| !reading.has_ended());
        unfinished.map(Reading::read_to).min().map_or(now, |read_to| read_to.min(now))
    }

    /// Breaks if another process has counted the same records.
    async fn store(&mut self, steps: &[MarkMove]) -> Result<ControlFlow<()>, StoreError> {
        let (clicks, losses) = self.fold.take();
        // The server's own journal has only its redirects; any other journal may have unknown
        // links.
        let of_unknown_links = match self.mode {
            CountingMode::Drain(_) => 0,
            CountingMode::Replay(_) | CountingMode::Rehearse(_) => {
                self.store.clicks_of_unknown_links(&clicks).await?
            }
        };
        if !self.is_rehearsal() {
            let batch = ClickBatch { marks: steps.to_vec(), clicks, losses };
            let started = Instant::now();
            let stored = self.store.add_clicks(batch).await;
            self.rows_max = rows_max_after(self.rows_max, started.elapsed());
            match stored {
                Ok(()) => {}
                Err(AddClicksError::MarkMoved) => return Ok(ControlFlow::Break(())),
                Err(AddClicksError::Store(error)) => return Err(error),
            }
        }
        self.tally.of_unknown_links += of_unknown_links;
        let mut steps = steps.iter().map(|step| (step.segment, step)).collect::<HashMap<_, _>>();
        for (name, reading) in &mut self.readings {
            if let Some(step) = steps.remove(&name.1.0) {
                self.done.moved(name, step.to.records);
                reading.stepped(step);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Everything that has ended is stored by now.
    fn put_away_finished(&mut self, now: Timestamp) {
        match &self.mode {
            // Without the directory's lock another process may use the files.
            CountingMode::Drain(journal) if journal.has_directory() => self.remove_finished(now),
            CountingMode::Drain(_) => {}
            CountingMode::Replay(_) | CountingMode::Rehearse(_) => {
                let ended = self.readings.values_mut().filter(|reading| reading.has_ended());
                ended.for_each(Reading::close);
            }
        }
    }

    fn remove_finished(&mut self, now: Timestamp) {
        let ended = self.readings.iter().filter(|(_, reading)| reading.has_ended());
        let ended: Vec<Name> = ended.map(|(name, _)| *name).collect();
        let mut failed = None;
        for name in ended {
            match self.readings[&name].remove(&self.directory, now) {
                Ok(()) => drop(self.readings.remove(&name)),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = &failed
            && !self.said_unremovable
        {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "a counted segment of the journal cannot be removed");
        }
        self.said_unremovable = failed.is_some();
    }

    fn forget(&mut self) {
        self.readings.clear();
        self.fold.take();
        if self.is_rehearsal() {
            // No mark was moved, so everything is read again.
            self.tally = Tally::default();
        }
    }
}

/// How many rows the next batch may have.
fn rows_max_after(rows_max: usize, store_time: Duration) -> usize {
    if STORE_TIME_HIGH < store_time {
        (rows_max / 2).max(ROWS_FLOOR)
    } else {
        (rows_max + ROWS_FLOOR).min(CLICK_ROWS_MAX)
    }
}

#[cfg(test)]
mod tests;
