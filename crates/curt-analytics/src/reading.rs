//! One segment of a journal, while its clicks are being counted.

use std::{io, path::Path};

use curt_domain::{Click, Timestamp, UndecodableClick};
use curt_journal::{Liveness, Mark, SegmentFile, SegmentReader, quarantine, remove_finished};
use curt_store::{ClickLosses, JournalMark, MarkMove};

use crate::{fold::Fold, skipped::SkipReason};

#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) file: SegmentFile,
    reader: Option<SegmentReader>,
    /// Its mark in the database.
    stored: Option<JournalMark>,
    /// How many records up to the reader's mark were lost.
    lost: u64,
    /// The time of the last click that was read; before that, when the segment was created.
    last_at: Timestamp,
    /// No unread click in it is older than this, approximately.
    read_to: Timestamp,
    /// Everything in it was read, and it will not grow.
    has_ended: bool,
    said_undecodable: bool,
}

/// The result of one look at a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) clicks: u64,
    pub(crate) missing: ClickLosses,
    /// How many of `missing` were present but undecodable.
    pub(crate) undecodable: u64,
    /// There was no more, for now or for good.
    pub(crate) is_dry: bool,
    /// More is written but cannot be read.
    pub(crate) is_stuck: bool,
}

impl Reading {
    pub(crate) fn new(file: SegmentFile, stored: Option<JournalMark>) -> Self {
        let lost = stored.map_or(0, |mark| mark.lost);
        let (last_at, read_to) = (file.created_at, file.created_at);
        let (reader, has_ended, said_undecodable) = (None, false, false);
        Self { file, reader, stored, lost, last_at, read_to, has_ended, said_undecodable }
    }

    /// Whether its file is open.
    pub(crate) fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    pub(crate) fn read_to(&self) -> Timestamp {
        self.read_to
    }

    pub(crate) fn stored(&self) -> JournalMark {
        self.stored.unwrap_or_default()
    }

    /// Adds the next records to the fold, at most `records_max`.
    ///
    /// After an error the fold may hold clicks of this segment that must not count, and the reading
    /// may have skipped losses that it should have reported: discard both.
    pub(crate) fn look(
        &mut self,
        records_max: u64,
        liveness: Liveness,
        fold: &mut Fold,
        now: Timestamp,
    ) -> Result<Look, SkipReason> {
        if self.reader.is_none() {
            let JournalMark { records, dropped, .. } = self.stored();
            self.reader = Some(SegmentReader::open(&self.file, Mark { records, dropped })?);
        }
        let reader = self.reader.as_mut().expect("it was opened above");
        let dropped_before = reader.mark().dropped;
        let (mut is_newer, mut undecodable, mut last_at) = (false, 0, self.last_at);
        let progress = reader.next_batch(
            records_max,
            liveness,
            &mut |payload| match Click::decode(payload) {
                Ok(click) => last_at = fold.count(&click, now),
                Err(UndecodableClick::Newer { .. }) => is_newer = true,
                Err(UndecodableClick::Malformed) => undecodable += 1,
            },
        )?;
        if is_newer {
            return Err(SkipReason::Newer);
        }
        let dropped = reader.mark().dropped - dropped_before;
        let lost = progress.lost + undecodable;
        self.last_at = last_at;
        self.lost += lost;
        self.has_ended = progress.ended;
        self.say_undecodable(undecodable);
        let missing = ClickLosses { dropped, lost };
        // A running server drops clicks now; for a dead one only the time of its last click is
        // known.
        fold.miss(if liveness == Liveness::Ended { last_at.min(now) } else { now }, missing);
        let is_dry = progress.ended || progress.records < records_max;
        let is_stuck = is_dry && self.reader.as_ref().is_some_and(|r| r.is_stuck(liveness));
        self.read_to = if is_dry && !is_stuck { now } else { last_at.min(now) };
        let clicks = progress.records - undecodable;
        Ok(Look { clicks, missing, undecodable, is_dry, is_stuck })
    }

    /// The step that moves its mark past what was read, if anything was.
    pub(crate) fn step(&self, now: Timestamp) -> Option<MarkMove> {
        let Mark { records, dropped } = self.reader.as_ref()?.mark();
        let stored = self.stored();
        let counted = (records, dropped, self.lost);
        let has_moved = counted != (stored.records, stored.dropped, stored.lost);
        let ends = self.has_ended && stored.finished_at.is_none() && self.stored.is_some();
        let finished_at = self.has_ended.then_some(now);
        let to = JournalMark { records, dropped, lost: self.lost, finished_at };
        let step = MarkMove { segment: self.file.id.0, from: self.stored, to };
        (has_moved || ends).then_some(step)
    }

    /// Notes that the step was taken.
    pub(crate) fn stepped(&mut self, step: &MarkMove) {
        self.stored = Some(step.to);
    }

    /// Closes the file: there may be more segments than a process can have open files.
    pub(crate) fn close(&mut self) {
        self.reader = None;
    }

    /// Removes the file of a completely counted segment; a damaged one is moved aside.
    pub(crate) fn remove(&self, directory: &Path, now: Timestamp) -> io::Result<()> {
        // A copy was read, and the journal has since restored the whole segment in its place: that
        // is read next.
        if !self.file.is_in_place() {
            return Ok(());
        }
        let is_damaged = self.reader.as_ref().is_some_and(SegmentReader::is_damaged);
        if !is_damaged && self.stored().lost == 0 {
            return remove_finished(&self.file);
        }
        quarantine(directory, &self.file, now)?;
        let lost = self.stored().lost;
        tracing::warn!(segment = %self.file.id, lost, "a damaged segment was put aside");
        Ok(())
    }

    fn say_undecodable(&mut self, undecodable: u64) {
        if 0 < undecodable && !self.said_undecodable {
            self.said_undecodable = true;
            tracing::error!(segment = %self.file.id, undecodable, "records are no clicks");
        }
    }
}
