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
    /// Where its mark stands in the database.
    stored: Option<JournalMark>,
    /// Of the records up to the reader's mark, how many were lost.
    lost: u64,
    /// When the last click was that was read, or else when the segment was made.
    last_at: Timestamp,
    /// No click in it that is not read yet is older, about.
    read_to: Timestamp,
    /// Everything in it was read, and it will not grow.
    has_ended: bool,
    said_undecodable: bool,
}

/// What one look at a segment brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) clicks: u64,
    pub(crate) missing: ClickLosses,
    /// Of those missing, how many were there and could not be understood.
    pub(crate) undecodable: u64,
    /// There was no more, for now or for ever.
    pub(crate) is_dry: bool,
    /// There is more that is written, and cannot be read.
    pub(crate) is_stuck: bool,
}

impl Reading {
    pub(crate) fn new(file: SegmentFile, stored: Option<JournalMark>) -> Self {
        let lost = stored.map_or(0, |mark| mark.lost);
        let (last_at, read_to) = (file.created_at, file.created_at);
        let (reader, has_ended, said_undecodable) = (None, false, false);
        Self { file, reader, stored, lost, last_at, read_to, has_ended, said_undecodable }
    }

    /// Whether there was a look at it.
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

    /// Adds the next records to the fold, so many at most.
    ///
    /// After an error the fold may hold clicks of this segment that must not count, and the reading
    /// may have passed over what it should have told: throw both away.
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
        // What a running server drops it drops now; of a dead one only its last click is known.
        fold.miss(if liveness == Liveness::Ended { last_at.min(now) } else { now }, missing);
        let is_dry = progress.ended || progress.records < records_max;
        let is_stuck = is_dry && self.reader.as_ref().is_some_and(|r| r.is_stuck(liveness));
        self.read_to = if is_dry && !is_stuck { now } else { last_at.min(now) };
        let clicks = progress.records - undecodable;
        Ok(Look { clicks, missing, undecodable, is_dry, is_stuck })
    }

    /// The step of its mark that belongs to what was read of it, if any.
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

    /// The step was taken.
    pub(crate) fn stepped(&mut self, step: &MarkMove) {
        self.stored = Some(step.to);
    }

    /// Lets go of the file: there may be more segments than a process can have open.
    pub(crate) fn close(&mut self) {
        self.reader = None;
    }

    /// Removes the file of a segment that is counted whole; a damaged one is kept aside.
    pub(crate) fn remove(&self, directory: &Path, now: Timestamp) -> io::Result<()> {
        // A copy was read, and the journal has put the whole segment in its place: that is read
        // next.
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
