//! The open journal: what redirects append to, and what the rest of the server asks it.

use std::{io, sync::Arc, thread::JoinHandle, time::Instant};

use curt_domain::Clock;
use parking_lot::Mutex;

use crate::{
    condition::{NO_ANSWER, Stats, Work},
    format::SegmentId,
    keeper::Keeper,
    reader::Liveness,
    settings::{Durability, JournalSettings},
    shard::{Dropped, Receipt, Shard},
    shared::{OpenError, Shared, SyncFailed},
};

/// Closed when it is dropped.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Locks the directory, ends the segments of dead processes there, and creates new ones.
    /// Succeeds on a disk that is full or cannot be written: then everything is dropped until it
    /// can.
    pub fn open(settings: JournalSettings, clock: Clock) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::new(settings, clock));
        let keeper = Keeper::new(Arc::clone(&shared), Instant::now())?;
        shared.condition.lock().last_round = Some(Instant::now());
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let thread = thread.spawn(move || keeper.run()).map_err(OpenError::Thread)?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Writes a record of `len` bytes. `fill` must set all of them, because the buffer still holds
    /// bytes of other records.
    ///
    /// Never waits for a file. `Ok` means that the record survives the death of the process;
    /// otherwise it is counted as dropped.
    pub fn append(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Receipt, Dropped> {
        self.shared.append(len, fill)
    }

    pub fn durability(&self) -> Durability {
        self.shared.settings.durability
    }

    /// Waits until the disk has the record. Returns at once in [`Durability::Process`].
    pub async fn synced(&self, receipt: Receipt) -> Result<(), SyncFailed> {
        self.shared.synced(receipt).await
    }

    /// Reports that the disk does not answer, until it does: for callers that stop waiting for a
    /// sync.
    pub fn syncs_too_slowly(&self) {
        let error = io::Error::other(NO_ANSWER);
        self.shared.condition.lock().has_failed(Work::Syncing, &error);
    }

    /// Whether the segment may still be written to, and how far it is written. Call before reading,
    /// not after.
    pub fn liveness(&self, id: SegmentId) -> Liveness {
        if !self.has_directory() {
            return Liveness::Live;
        }
        if !self.shared.live.lock().contains(&id) {
            return Liveness::Ended;
        }
        let written_to = |shard: &Mutex<Shard>| shard.lock().written_to(id);
        // A spare, or ended since: its end shows the next time.
        self.shared
            .shards
            .iter()
            .find_map(written_to)
            .map_or(Liveness::Live, |to| Liveness::Written { to })
    }

    /// Whether this journal created the segment, and not an earlier run. Ask while it exists.
    pub fn has_made(&self, id: SegmentId) -> bool {
        self.shared.made.lock().contains(&id)
    }

    /// How many records were written since the journal was opened; all of them can be read by now.
    pub fn records_appended(&self) -> u64 {
        self.shared.counts().records
    }

    /// Whether this journal has the directory: not if the disk did not allow to lock it. Then
    /// another process may have it, and no file in it may be removed.
    pub fn has_directory(&self) -> bool {
        self.shared.lock.lock().is_some()
    }

    pub fn stats(&self) -> Stats {
        let counts = self.shared.counts();
        let capacity = self.shared.settings.capacity;
        Stats::new(&self.shared.condition.lock(), counts, capacity, Instant::now())
    }

    /// Seals, trims and syncs everything; later records are dropped. Returns when all is done. The
    /// directory stays locked until the journal is dropped, so that the rest can be drained.
    pub fn close(&self) {
        self.shared.ask(|request| request.close = true);
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the journal's thread has panicked; the next start ends its segments");
        }
    }

    fn dropped_since_close(&self) -> u64 {
        self.shared.shards.iter().map(|shard| shard.lock().unrecorded()).sum()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
        let dropped = self.dropped_since_close();
        if 0 < dropped {
            tracing::error!(
                dropped,
                "clicks came after the journal was closed; they are not on record"
            );
        }
    }
}

#[cfg(test)]
mod tests;
