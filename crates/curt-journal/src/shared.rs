//! State shared by appending threads and the keeper: the shards, and requests between the two.

use std::{
    cell::Cell,
    collections::HashSet,
    fs::File,
    io,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use curt_domain::Clock;
use parking_lot::{Condvar, Mutex};

use crate::{
    condition::Condition,
    directory::Unfit,
    format::{SEGMENT_LEN, SegmentId},
    segment::SyncedTo,
    settings::JournalSettings,
    shard::{Afterwards, Counts, Dropped, LiveSegments, Receipt, Shard},
};

/// More shards only cost memory and files: the lock is not the bottleneck.
const SHARDS_MAX: usize = 8;
/// A current segment and a spare one.
const SHARD_LEN: u64 = 2 * SEGMENT_LEN as u64;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the journal in {} is in use by another process", directory.display())]
    InUse { directory: PathBuf },
    #[error("the journal's directory {} {reason}", directory.display())]
    Unfit { directory: PathBuf, reason: Unfit },
    #[error("the journal's thread cannot be started")]
    Thread(#[source] io::Error),
}

/// The record's segment could not be synced to the disk. The process still has the record, and will
/// count it unless the power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal could not be synced")]
pub struct SyncFailed;

/// State shared by appending threads and the keeper.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: JournalSettings,
    pub(crate) clock: Clock,
    pub(crate) shards: Box<[Mutex<Shard>]>,
    pub(crate) live: LiveSegments,
    /// Segments that this process created and that still exist: limited by the capacity.
    pub(crate) made: Mutex<HashSet<SegmentId>>,
    /// The directory's lock, while this journal holds it. The kernel releases it with the last
    /// handle, however the process ends.
    pub(crate) lock: Mutex<Option<File>>,
    pub(crate) condition: Mutex<Condition>,
    next_round: Mutex<RoundRequest>,
    bell: Condvar,
}

/// What the keeper is asked to do early.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RoundRequest {
    pub(crate) spare: bool,
    pub(crate) sync: bool,
    pub(crate) close: bool,
}

impl Shared {
    pub(crate) fn new(mut settings: JournalSettings, clock: Clock) -> Self {
        settings.capacity = settings.capacity.max(SHARD_LEN);
        // So that every shard can have a spare once the drain has caught up.
        let affordable = usize::try_from(settings.capacity / SHARD_LEN).unwrap_or(usize::MAX);
        let shards = settings.shards.get().min(SHARDS_MAX).min(affordable);
        Self {
            settings,
            clock,
            shards: (0..shards).map(|_| Mutex::new(Shard::new())).collect(),
            live: Mutex::default(),
            made: Mutex::default(),
            lock: Mutex::default(),
            condition: Mutex::default(),
            next_round: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    pub(crate) fn append(
        &self,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Receipt, Dropped> {
        let mut shard = self.shards[worker() % self.shards.len()].lock();
        let (appended, afterwards) = shard.append(self.settings.durability, &self.live, len, fill);
        drop(shard);
        if afterwards == Afterwards::MakeSpare {
            self.ask(|request| request.spare = true);
        }
        appended
    }

    pub(crate) async fn synced(&self, receipt: Receipt) -> Result<(), SyncFailed> {
        let Some(awaited) = receipt.awaited else { return Ok(()) };
        let mut synced_to = awaited.synced_to.subscribe();
        let is_decided = |at: &SyncedTo| awaited.offset <= at.offset || at.has_failed;
        let is_decided_already = is_decided(&synced_to.borrow());
        if !is_decided_already {
            self.ask(|request| request.sync = true);
        }
        // The receipt holds the sender, so the channel cannot close during the wait.
        let at = *synced_to.wait_for(is_decided).await.map_err(|_| SyncFailed)?;
        if awaited.offset <= at.offset { Ok(()) } else { Err(SyncFailed) }
    }

    /// The counts of all shards together.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for shard in &self.shards {
            let shard = shard.lock();
            counts.records += shard.counts.records;
            counts.bytes += shard.counts.bytes;
            counts.dropped += shard.counts.dropped;
            counts.last_drop = counts.last_drop.max(shard.counts.last_drop);
        }
        counts
    }

    /// Waits for a request, or until `deadline`.
    pub(crate) fn wait(&self, deadline: Instant) -> RoundRequest {
        let mut request = self.next_round.lock();
        if *request == RoundRequest::default() {
            self.bell.wait_until(&mut request, deadline);
        }
        let taken = *request;
        *request = RoundRequest::default();
        drop(request);
        taken
    }

    pub(crate) fn ask(&self, want: impl FnOnce(&mut RoundRequest)) {
        want(&mut self.next_round.lock());
        self.bell.notify_one();
    }
}

/// Numbers the appending threads, so that each has its own shard while there are enough.
fn worker() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static WORKER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    WORKER.with(|worker| {
        let number = worker.get().unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
        worker.set(Some(number));
        number
    })
}
