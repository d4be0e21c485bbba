//! The thread beside the redirects: syncs what was written, has spare segments ready, and knows what
//! state the journal is in.
//!
//! Whatever takes time happens here and outside the shards' locks.

use std::{
    fs::File,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    OpenError,
    condition::Work,
    directory::{self, LockError},
    format::{SEGMENT_LEN, SegmentId},
    journal::{Shared, Wanted},
    recovery,
    segment::{Room, Segment, SegmentWriter, Synced, WritingKind},
};

/// A disk that refused is asked again this often.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// So much is ready for a burst, even when nothing was written lately.
const WINDOW_LEN_MIN: u32 = 256 << 10;

/// Quarantined segments are looked through this often; they live for days.
const DAMAGED_CHECK_INTERVAL: Duration = Duration::from_hours(1);

#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    /// Once the directory is ours.
    place: Option<Place>,
    /// Not before this, because something has failed.
    retry_at: Option<Instant>,
    next_sync: Instant,
    next_damaged_check: Instant,
    /// How far ahead pages are kept ready, for each shard.
    windows: Vec<Window>,
}

/// A directory that is locked and ready.
#[derive(Debug)]
struct Place {
    /// The kernel releases the lock with the process, however it ends.
    _lock: File,
    kind: WritingKind,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    bytes_before: u64,
    len: u32,
}

impl Keeper {
    /// Locks the directory, ends what is in it, and makes the first segments. A disk that refuses is no
    /// error: a server that cannot count can still redirect.
    pub(crate) fn new(shared: Arc<Shared>, now: Instant) -> Result<Self, OpenError> {
        let windows = vec![Window { bytes_before: 0, len: WINDOW_LEN_MIN }; shared.shards.len()];
        let mut keeper = Self {
            shared,
            place: None,
            retry_at: None,
            next_sync: now,
            next_damaged_check: now,
            windows,
        };
        match keeper.take_place() {
            Err(LockError::InUse) => {
                let directory = keeper.directory().to_owned();
                return Err(OpenError::InUse { directory });
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
            let wanted = self.shared.wait(self.next_sync);
            let now = Instant::now();
            if wanted.close {
                return self.close();
            }
            self.round(now, wanted);
        }
    }

    /// What is due now.
    pub(crate) fn round(&mut self, now: Instant, wanted: Wanted) {
        self.make_segments(now);
        let is_due = self.next_sync <= now;
        if !is_due && !wanted.sync {
            return;
        }
        for index in 0..self.shared.shards.len() {
            self.sync_shard(index, now);
            // A long sync must not keep a busy shard waiting for its spare.
            self.make_segments(now);
        }
        if is_due {
            self.next_sync = now + self.shared.settings.sync_interval;
            self.size_windows();
            self.measure();
            self.check_damaged(now);
        }
    }

    /// Gives every shard what it lacks, as far as capacity and disk allow.
    fn make_segments(&mut self, now: Instant) {
        if self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let mut made = Ok(());
        let mut is_full = false;
        for index in 0..self.shared.shards.len() {
            match self.make_segment(index) {
                Ok(Made::Enough) => {}
                Ok(Made::Full) => is_full = true,
                Err(error) => made = Err(error),
            }
        }
        self.shared.condition.lock().is_full = is_full;
        match made {
            Ok(()) => {
                self.retry_at = None;
                self.shared.condition.lock().has_worked(Work::Writing);
            }
            Err(error) => self.writing_failed(now, &error),
        }
    }

    fn make_segment(&mut self, index: usize) -> io::Result<Made> {
        let (has_current, has_spare) = {
            let shard = self.shared.shards[index].lock();
            (shard.current.is_some(), shard.spare.is_some())
        };
        if has_current && has_spare {
            return Ok(Made::Enough);
        }
        if self.place.is_none() {
            self.take_place().map_err(LockError::into_error)?;
        }
        let bytes = bytes_in(self.directory())?;
        if bytes + u64::from(SEGMENT_LEN) <= self.shared.settings.capacity {
            match self.create(Room::Records) {
                Ok(segment) => {
                    segment.segment.keep_pages(segment.offset, self.windows[index].len);
                    self.shared.shards[index].lock().add_segment(segment);
                    return Ok(Made::Enough);
                }
                Err(error) if has_current => return Err(error),
                Err(error) => {
                    self.count_drops_only(index);
                    return Err(error);
                }
            }
        }
        if !has_current {
            self.count_drops_only(index);
        }
        Ok(Made::Full)
    }

    /// A page is often there when eight megabytes are not.
    fn count_drops_only(&mut self, index: usize) {
        match self.create(Room::DropsOnly) {
            Ok(segment) => self.shared.shards[index].lock().add_segment(segment),
            Err(error) => tracing::debug!(%error, "dropped clicks are counted in memory only"),
        }
    }

    fn create(&self, room: Room) -> io::Result<SegmentWriter> {
        let Some(place) = &self.place else { return Err(io::ErrorKind::NotFound.into()) };
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let id = SegmentId(u128::from_le_bytes(id));
        // Before it has a name that a reader could meet.
        self.shared.live.lock().push(id);
        let now = self.shared.clock.now();
        SegmentWriter::create(self.directory(), id, now, place.kind, room)
            .inspect_err(|_| self.shared.live.lock().retain(|live| *live != id))
    }

    fn sync_shard(&mut self, index: usize, now: Instant) {
        let (ended, current, write_error) = {
            let mut shard = self.shared.shards[index].lock();
            let current = shard.current.as_ref();
            let current = current.map(|w| (Arc::clone(&w.segment), w.offset, w.dropped));
            (std::mem::take(&mut shard.ended), current, shard.write_error.take())
        };
        if let Some(error) = write_error {
            self.writing_failed(now, &error);
        }
        for segment in ended {
            self.finish(segment);
            self.make_segments(now);
        }
        let Some((segment, offset, dropped)) = current else { return };
        if !self.note(segment.sync(offset, dropped)) {
            self.end_failed(index, &segment);
        }
        segment.keep_pages(offset, self.windows[index].len);
    }

    fn finish(&self, segment: SegmentWriter) {
        if segment.is_empty() {
            return segment.remove();
        }
        self.note(segment.finish());
    }

    /// Remembers how a sync went, and says whether it went well.
    fn note(&self, synced: io::Result<Synced>) -> bool {
        let has_succeeded = synced.is_ok();
        let mut condition = self.shared.condition.lock();
        match synced {
            Ok(Synced::Nothing) => {}
            Ok(Synced::Something) => condition.has_worked(Work::Syncing),
            Err(error) => {
                condition.sync_failures += 1;
                condition.has_failed(Work::Syncing, &error);
            }
        }
        drop(condition);
        has_succeeded
    }

    /// What could not be synced may or may not be there after a power cut; nothing is added to it.
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
        self.shared.condition.lock().writing = Some(kind);
        self.place = Some(Place { _lock: lock, kind });
        Ok(())
    }

    fn size_windows(&mut self) {
        for (window, shard) in self.windows.iter_mut().zip(&self.shared.shards) {
            let bytes = shard.lock().counts.bytes;
            // Twice the last interval's, as rates rise.
            let wanted = u32::try_from((bytes - window.bytes_before) * 2).unwrap_or(SEGMENT_LEN);
            *window =
                Window { bytes_before: bytes, len: wanted.clamp(WINDOW_LEN_MIN, SEGMENT_LEN) };
        }
    }

    fn measure(&self) {
        match directory::segments(self.directory()) {
            Ok(listing) => {
                let mut condition = self.shared.condition.lock();
                condition.segments = listing.segments.len();
                condition.bytes = listing.segments.iter().map(|segment| segment.len).sum();
            }
            Err(error) => tracing::debug!(%error, "the journal's directory could not be read"),
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

    /// Seals, syncs and trims, so that nothing is left but what is to be drained.
    fn close(&mut self) {
        for shard in &self.shared.shards {
            let (ended, unrecorded) = {
                let mut shard = shard.lock();
                (shard.close(&self.shared.live), shard.unrecorded())
            };
            if 0 < unrecorded {
                tracing::error!(unrecorded, "dropped clicks are not on record: the disk refuses");
            }
            for segment in ended {
                self.finish(segment);
            }
        }
        self.measure();
        self.place = None;
    }

    fn directory(&self) -> &Path {
        &self.shared.settings.directory
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
            Self::Failed(error) => error,
        }
    }
}

fn bytes_in(directory: &Path) -> io::Result<u64> {
    Ok(directory::segments(directory)?.segments.iter().map(|segment| segment.len).sum())
}

#[cfg(test)]
mod tests;
