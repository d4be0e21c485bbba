//! The thread beside the redirects: syncs what was written, keeps spare segments ready, and tracks
//! the journal's state.
//!
//! All slow work happens here and outside the shards' locks.

mod drops;

use std::{
    collections::HashSet,
    fs::File,
    io,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use self::drops::Drops;
use crate::{
    condition::Work,
    directory::{self, Listing, LockError},
    format::{HEADER_LEN, SEGMENT_LEN, SegmentId},
    recovery,
    segment::{self, Room, Segment, SegmentWriter, Standing, WritingKind},
    shard::Shard,
    shared::{OpenError, RoundRequest, Shared},
};

/// A disk that refused is retried this often.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Kept ready for a burst even if nothing was written lately.
const WINDOW_LEN_MIN: u32 = 256 << 10;

/// Quarantined segments are checked this often; they are kept for days.
const DAMAGED_CHECK_INTERVAL: Duration = Duration::from_hours(1);

#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    /// Set while the directory is ours.
    kind: Option<WritingKind>,
    /// No new segment before this time, because something failed.
    retry_at: Option<Instant>,
    /// No round before this time.
    panicked_until: Option<Instant>,
    next_sync: Instant,
    next_damaged_check: Instant,
    /// How far ahead pages are kept ready, for each shard.
    windows: Vec<Window>,
    /// Segments with records whose files were deleted or moved: to be restored.
    gone: Vec<SegmentWriter>,
    /// The capacity is used up, so nothing is created before the next interval.
    waits_for_drain: bool,
    drops: Drops,
    /// Whether a segment could not be synced in this interval.
    sync_has_failed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    bytes_before: u64,
    len: u32,
}

impl Keeper {
    /// Locks the directory, ends the segments in it, and creates the first ones. A disk that
    /// refuses is no error: a server that cannot count can still redirect.
    pub(crate) fn new(shared: Arc<Shared>, now: Instant) -> Result<Self, OpenError> {
        let windows = vec![Window { bytes_before: 0, len: WINDOW_LEN_MIN }; shared.shards.len()];
        let mut keeper = Self {
            shared,
            kind: None,
            retry_at: None,
            panicked_until: None,
            next_sync: now,
            next_damaged_check: now,
            windows,
            gone: Vec::new(),
            waits_for_drain: false,
            drops: Drops::default(),
            sync_has_failed: false,
        };
        match keeper.take_place() {
            Err(LockError::InUse) => {
                let directory = keeper.directory().to_owned();
                return Err(OpenError::InUse { directory });
            }
            Err(LockError::Unfit(reason)) => {
                let directory = keeper.directory().to_owned();
                return Err(OpenError::Unfit { directory, reason });
            }
            Err(LockError::Failed(error)) => keeper.writing_failed(now, &error),
            Ok(()) => keeper.make_segments(now),
        }
        keeper.measure();
        Ok(keeper)
    }

    /// Works until the journal is closed.
    pub(crate) fn run(mut self) {
        loop {
            let request = self.shared.wait(self.next_sync);
            let now = Instant::now();
            if request.close {
                return self.close();
            }
            self.guarded_round(now, request);
        }
    }

    /// A panic must not end the thread: without spares all clicks would be dropped, and without
    /// syncs the cost of a power cut would be unknown. Segments that the round took from a shard
    /// are already sealed, which is all that a reader needs; the next round creates what is still
    /// missing.
    fn guarded_round(&mut self, now: Instant, request: RoundRequest) {
        if self.panicked_until.is_some_and(|until| now < until) {
            return;
        }
        let round = AssertUnwindSafe(|| self.round(now, request));
        if panic::catch_unwind(round).is_ok() {
            if self.panicked_until.take().is_some() {
                self.shared.condition.lock().has_worked(Work::Keeping);
            }
            return;
        }
        self.let_go_of_orphans();
        let until = now + RETRY_INTERVAL;
        (self.panicked_until, self.next_sync) = (Some(until), until);
        let error = io::Error::other("the journal's thread panicked: this is a bug");
        self.shared.condition.lock().has_failed(Work::Keeping, &error);
    }

    /// A segment that was created but given to no shard must not count as live forever. Once ended
    /// it is empty, and the drain removes it. Only this thread gives segments to shards.
    fn let_go_of_orphans(&self) {
        let mut held = HashSet::new();
        for shard in &self.shared.shards {
            held.extend(shard.lock().segments().iter().map(|segment| segment.id));
        }
        self.shared.live.lock().retain(|id| held.contains(id));
    }

    /// Does the work that is due now.
    pub(crate) fn round(&mut self, now: Instant, request: RoundRequest) {
        let is_due = self.next_sync <= now;
        if is_due {
            self.waits_for_drain = false;
        }
        self.make_segments(now);
        if !is_due && !request.sync {
            return;
        }
        for index in 0..self.shared.shards.len() {
            self.sync_shard(index, now);
            // A long sync must not keep a busy shard waiting for its spare.
            self.make_segments(now);
        }
        if is_due {
            if !std::mem::take(&mut self.sync_has_failed) {
                self.shared.condition.lock().has_worked(Work::Syncing);
            }
            self.next_sync = now + self.shared.settings.sync_interval;
            self.shared.condition.lock().last_round = Some(now);
            self.size_windows();
            self.tell_drops(now);
            self.measure();
            self.make_segments(now);
            self.check_damaged(now);
        }
    }

    /// Gives every shard what it lacks, as far as capacity and disk allow. Called often: it reads
    /// the directory only if something is lacking, and then once.
    fn make_segments(&mut self, now: Instant) {
        if self.waits_for_drain || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let restored = self.restore_gone();
        let made = self.make_missing();
        self.waits_for_drain = matches!(made, Ok(Made::Full));
        self.shared.condition.lock().is_full = self.waits_for_drain;
        match restored.and(made) {
            Ok(_) => {
                self.retry_at = None;
                self.shared.condition.lock().has_worked(Work::Writing);
            }
            Err(error) => self.writing_failed(now, &error),
        }
    }

    fn make_missing(&mut self) -> io::Result<Made> {
        let lacking: Vec<_> = (0..).zip(&self.shared.shards).filter_map(lacking).collect();
        if lacking.is_empty() {
            return Ok(Made::Enough);
        }
        self.ensure_place()?;
        let mut bytes = bytes_in(self.directory())?;
        let mut made = Ok(Made::Enough);
        for (index, lacks) in lacking {
            if self.shared.settings.capacity < bytes + u64::from(SEGMENT_LEN) {
                made = made.map(|_| Made::Full);
            } else {
                match self.create(Room::Records) {
                    Ok(segment) => {
                        bytes += u64::from(SEGMENT_LEN);
                        segment.segment.keep_pages(segment.offset, self.windows[index].len);
                        self.shared.shards[index].lock().add_segment(segment);
                        continue;
                    }
                    Err(error) => made = Err(error),
                }
            }
            if lacks == Lacks::Current {
                self.count_drops_only(index);
            }
        }
        made
    }

    /// There is often room for a page when there is none for eight megabytes.
    fn count_drops_only(&mut self, index: usize) {
        match self.create(Room::DropsOnly) {
            Ok(segment) => self.shared.shards[index].lock().add_segment(segment),
            Err(error) => tracing::debug!(%error, "dropped clicks are counted in memory only"),
        }
    }

    /// Falls back to `Pwrite` if space cannot be reserved: some ext file systems only look like
    /// ext4.
    fn create(&mut self, room: Room) -> io::Result<SegmentWriter> {
        let Some(kind) = self.kind else { return Err(io::ErrorKind::NotFound.into()) };
        match (self.create_as(kind, room), kind) {
            (Err(error), WritingKind::Mapped) if segment::cannot_reserve(&error) => {
                self.kind = Some(WritingKind::Pwrite);
                self.create_as(WritingKind::Pwrite, room)
            }
            (created, _) => created,
        }
    }

    fn create_as(&self, kind: WritingKind, room: Room) -> io::Result<SegmentWriter> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let id = SegmentId(u128::from_le_bytes(id));
        // Registered before it has a name under which a reader could find it.
        self.shared.live.lock().push(id);
        self.shared.made.lock().insert(id);
        let now = self.shared.clock.now();
        SegmentWriter::create(self.directory(), id, now, kind, room).inspect_err(|_| {
            self.shared.live.lock().retain(|live| *live != id);
            self.shared.made.lock().remove(&id);
        })
    }

    fn sync_shard(&mut self, index: usize, now: Instant) {
        let (ended, current, spare, write_error) = {
            let mut shard = self.shared.shards[index].lock();
            let spare = shard.spare.as_ref().map(|w| Arc::clone(&w.segment));
            let current = shard.current.as_ref();
            let current = current.map(|w| (Arc::clone(&w.segment), w.offset, w.dropped));
            (std::mem::take(&mut shard.ended), current, spare, shard.write_error.take())
        };
        if let Some(error) = write_error {
            self.writing_failed(now, &error);
        }
        for segment in ended {
            self.finish(segment);
            self.make_segments(now);
        }
        let Some((segment, offset, dropped)) = current else { return };
        // First the pages that the writer needs next, because the disk is slow.
        segment.keep_pages(offset, self.windows[index].len);
        if let Some(spare) = spare {
            spare.keep_pages(HEADER_LEN, self.windows[index].len);
        }
        if !self.note(segment.sync(offset, dropped)) {
            self.end_failed(index, &segment);
        }
    }

    fn finish(&mut self, segment: SegmentWriter) {
        if segment.is_empty() {
            return segment.remove();
        }
        if segment.segment.standing() == Standing::Another {
            return self.take_over(vec![segment]);
        }
        self.note(segment.finish());
    }

    /// Records how a sync went; returns whether it succeeded.
    fn note(&mut self, synced: io::Result<()>) -> bool {
        let Err(error) = synced else { return true };
        self.sync_has_failed = true;
        let mut condition = self.shared.condition.lock();
        condition.sync_failures += 1;
        condition.has_failed(Work::Syncing, &error);
        false
    }

    /// After a failed sync a power cut may or may not lose the data, so nothing is appended to it.
    fn end_failed(&self, index: usize, failed: &Segment) {
        let mut shard = self.shared.shards[index].lock();
        if shard.current.as_ref().is_some_and(|current| current.segment.id == failed.id) {
            shard.roll_over(&self.shared.live);
        }
    }

    fn take_place(&mut self) -> Result<(), LockError> {
        let directory = self.directory();
        let lock = directory::create_and_lock(directory)?;
        let prepared = recovery::end_segments(directory)
            .and_then(|()| WritingKind::of_file_system(&File::open(directory)?));
        let kind = prepared.map_err(LockError::Failed)?;
        let kind = self.shared.settings.writing.unwrap_or(kind);
        self.kind = Some(kind);
        *self.shared.lock.lock() = Some(lock);
        Ok(())
    }

    fn size_windows(&mut self) {
        for (window, shard) in self.windows.iter_mut().zip(&self.shared.shards) {
            let bytes = shard.lock().counts.bytes;
            // Twice the last interval's bytes, because rates rise.
            let len = u32::try_from((bytes - window.bytes_before) * 2).unwrap_or(SEGMENT_LEN);
            *window = Window { bytes_before: bytes, len: len.clamp(WINDOW_LEN_MIN, SEGMENT_LEN) };
        }
    }

    fn tell_drops(&mut self, now: Instant) {
        let dropped = self.shared.counts().dropped;
        self.drops.tell(dropped, self.shared.condition.lock().is_full, now);
    }

    fn measure(&mut self) {
        match directory::segments(self.directory()) {
            Ok(listing) => {
                let mut condition = self.shared.condition.lock();
                condition.segments = listing.segments.len();
                condition.bytes = listing.segments.iter().map(|segment| segment.len).sum();
                drop(condition);
                self.look_for_gone();
                self.forget_counted(&listing);
            }
            Err(error) => tracing::debug!(%error, "the journal's directory could not be read"),
        }
    }

    /// Remembers only segments that are still to be counted or restored. None was created since
    /// `listing` was read, because only this thread creates them.
    fn forget_counted(&self, listing: &Listing) {
        let listed = listing.segments.iter().map(|segment| segment.id);
        let gone = self.gone.iter().map(|writer| writer.segment.id);
        let kept: HashSet<SegmentId> = listed.chain(gone).collect();
        self.shared.made.lock().retain(|id| kept.contains(id));
    }

    /// Detects that open segments or the lock file were deleted, moved or replaced.
    fn look_for_gone(&mut self) {
        let is_ours = match &*self.shared.lock.lock() {
            None => return,
            // If the check fails, nothing is given up.
            Some(lock) => directory::is_locked_by(self.directory(), lock).unwrap_or(true),
        };
        let mut gone = Vec::new();
        for shard in &self.shared.shards {
            // Checked outside the shard's lock, because a disk may be slow.
            let missing = shard.lock().segments();
            let missing = missing.iter().filter(|s| !is_ours || s.standing() != Standing::Itself);
            let missing: HashSet<SegmentId> = missing.map(|segment| segment.id).collect();
            if !missing.is_empty() {
                gone.extend(shard.lock().take_gone(&self.shared.live, |id| missing.contains(&id)));
            }
        }
        if !is_ours {
            // Without the lock file other processes are not excluded, so everything starts anew.
            self.kind = None;
            *self.shared.lock.lock() = None;
        }
        if !is_ours || !gone.is_empty() {
            self.take_over(gone);
        }
    }

    /// Reports that files are gone, and remembers those with records, to restore them.
    fn take_over(&mut self, gone: Vec<SegmentWriter>) {
        let records: u32 = gone.iter().map(SegmentWriter::records).sum();
        tracing::error!(segments = gone.len(), records, "the journal's files were taken away");
        let error = io::Error::other("the journal's files are gone");
        self.shared.condition.lock().has_failed(Work::Writing, &error);
        self.gone.extend(gone.into_iter().filter(|segment| !segment.is_empty()));
    }

    /// Rewrites files that are gone but still open; segments closed earlier cannot be restored.
    fn restore_gone(&mut self) -> io::Result<()> {
        if self.gone.is_empty() {
            return Ok(());
        }
        self.ensure_place()?;
        while let Some(segment) = self.gone.last() {
            segment.restore()?;
            tracing::info!(segment = %segment.segment.id, "a journal segment was restored");
            self.gone.pop();
        }
        Ok(())
    }

    fn ensure_place(&mut self) -> io::Result<()> {
        match self.kind {
            Some(_) => Ok(()),
            None => self.take_place().map_err(LockError::into_error),
        }
    }

    fn check_damaged(&mut self, now: Instant) {
        if now < self.next_damaged_check {
            return;
        }
        self.next_damaged_check = now + DAMAGED_CHECK_INTERVAL;
        let clock_now = self.shared.clock.now();
        if let Err(error) = directory::remove_old_damaged(self.directory(), clock_now) {
            tracing::warn!(%error, "old damaged journal segments could not be removed");
        }
    }

    fn writing_failed(&mut self, now: Instant, error: &io::Error) {
        self.retry_at = Some(now + RETRY_INTERVAL);
        self.shared.condition.lock().has_failed(Work::Writing, error);
    }

    /// Seals, syncs and trims, so that only data for the drain is left. The lock stays: until the
    /// last reader of this journal is gone, no other process may judge its segments.
    fn close(&mut self) {
        self.shared.condition.lock().last_round = None;
        for index in 0..self.shared.shards.len() {
            let (ended, unrecorded) = self.shared.shards[index].lock().close(&self.shared.live);
            if 0 < unrecorded {
                tracing::error!(unrecorded, "dropped clicks are not on record: the disk refuses");
            }
            for segment in ended {
                self.finish(segment);
            }
        }
        if let Err(error) = self.restore_gone() {
            let records: u32 = self.gone.iter().map(SegmentWriter::records).sum();
            tracing::error!(%error, records, "these clicks are lost, unless they are counted");
        }
        self.measure();
    }

    fn directory(&self) -> &Path {
        &self.shared.settings.directory
    }
}

/// What a shard is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacks {
    Spare,
    /// No spare either, because a spare would have become the current segment.
    Current,
}

fn lacking((index, shard): (usize, &Mutex<Shard>)) -> Option<(usize, Lacks)> {
    let shard = shard.lock();
    match (&shard.current, &shard.spare) {
        (None, _) => Some((index, Lacks::Current)),
        (Some(_), None) => Some((index, Lacks::Spare)),
        (Some(_), Some(_)) => None,
    }
}

enum Made {
    Enough,
    /// The capacity is used up.
    Full,
}

impl LockError {
    fn into_error(self) -> io::Error {
        match self {
            Self::InUse => io::Error::other("another process has opened the journal"),
            Self::Unfit(reason) => io::Error::other(format!("its directory {reason}")),
            Self::Failed(error) => error,
        }
    }
}

fn bytes_in(directory: &Path) -> io::Result<u64> {
    Ok(directory::segments(directory)?.segments.iter().map(|segment| segment.len).sum())
}

#[cfg(test)]
mod tests;
