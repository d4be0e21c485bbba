//! The open journal: what redirects append to, and what the rest of the server asks of it.

use std::{
    cell::Cell,
    collections::HashSet,
    fs::File,
    io,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use curt_domain::Clock;
use parking_lot::{Condvar, Mutex};

use crate::{
    condition::{Condition, NO_ANSWER, Stats, Work},
    directory::Unfit,
    format::{SEGMENT_LEN, SegmentId},
    keeper::Keeper,
    reader::Liveness,
    segment::{SyncedTo, WritingKind},
    shard::{Afterwards, Counts, Dropped, LiveSegments, Receipt, Shard},
};

/// How much undrained clicks may take before they are dropped: hours of a busy server.
pub const CAPACITY_DEFAULT: u64 = 1 << 30;
/// What a power cut may cost in [`Durability::Process`].
pub(crate) const SYNC_INTERVAL_DEFAULT: Duration = Duration::from_millis(200);
/// More shards than this are memory and files, and no gain: the lock is not what costs.
const SHARDS_MAX: usize = 8;
/// A current segment and a spare one.
const SHARD_LEN: u64 = 2 * SEGMENT_LEN as u64;

#[derive(Debug, Clone)]
pub struct JournalSettings {
    pub directory: PathBuf,
    /// In bytes on the disk, quarantined damage apart. Room for two segments is the least.
    pub capacity: u64,
    /// Of which as many are used as capacity allows, and `SHARDS_MAX` at most.
    pub shards: NonZeroUsize,
    pub durability: Durability,
    pub sync_interval: Duration,
    /// Unless given, what the file system allows.
    pub writing: Option<WritingKind>,
}

impl JournalSettings {
    pub fn new(directory: PathBuf, shards: NonZeroUsize) -> Self {
        Self {
            directory,
            capacity: CAPACITY_DEFAULT,
            shards,
            durability: Durability::Process,
            sync_interval: SYNC_INTERVAL_DEFAULT,
            writing: None,
        }
    }
}

/// What a record survives once `append` has returned, or `synced` after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process. A power cut takes what was appended in the last sync interval.
    Process,
    /// A power cut, too, once [`Journal::synced`] has returned.
    Power,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the journal in {} is in use by another process", directory.display())]
    InUse { directory: PathBuf },
    #[error("the journal's directory {} {reason}", directory.display())]
    Unfit { directory: PathBuf, reason: Unfit },
    #[error("the journal's thread cannot be started")]
    Thread(#[source] io::Error),
}

/// The record's segment could not be written to the disk; the process still has the record, and will
/// count it unless the power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal could not be synced")]
pub struct SyncFailed;

/// Closed when it is dropped.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What appending threads and the keeper share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: JournalSettings,
    pub(crate) clock: Clock,
    pub(crate) shards: Box<[Mutex<Shard>]>,
    pub(crate) live: LiveSegments,
    /// By this process, as far as they are still there: at most what the capacity allows.
    pub(crate) made: Mutex<HashSet<SegmentId>>,
    /// Of the directory, while this journal has it. The kernel releases it with the last handle,
    /// however the process ends.
    pub(crate) lock: Mutex<Option<File>>,
    pub(crate) condition: Mutex<Condition>,
    wanted: Mutex<Wanted>,
    bell: Condvar,
}

/// What the keeper is asked for before its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) spare: bool,
    pub(crate) sync: bool,
    pub(crate) close: bool,
}

impl Journal {
    /// Locks the directory, ends what dead processes left there, and begins new segments. Succeeds on a
    /// disk that is full or cannot be written: then everything is dropped until it can.
    pub fn open(settings: JournalSettings, clock: Clock) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::new(settings, clock));
        let keeper = Keeper::new(Arc::clone(&shared), Instant::now())?;
        shared.condition.lock().last_round = Some(Instant::now());
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let thread = thread.spawn(move || keeper.run()).map_err(OpenError::Thread)?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Writes a record of `len` bytes, all of which `fill` sets: what it finds there is left over from
    /// other records.
    ///
    /// Never waits for a file. `Ok` means that the record survives the death of the process; otherwise
    /// it is counted as dropped.
    pub fn append(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Receipt, Dropped> {
        self.shared.append(len, fill)
    }

    pub fn durability(&self) -> Durability {
        self.shared.settings.durability
    }

    /// Waits until the disk has the record. Without delay in [`Durability::Process`].
    pub async fn synced(&self, receipt: Receipt) -> Result<(), SyncFailed> {
        self.shared.synced(receipt).await
    }

    /// Says that the disk does not answer, until it does: for whoever gives up waiting for a sync.
    pub fn syncs_too_slowly(&self) {
        let error = io::Error::other(NO_ANSWER);
        self.shared.condition.lock().has_failed(Work::Syncing, &error);
    }

    /// Whether somebody may still write to the segment, and how far it is written. Ask before reading,
    /// not after.
    pub fn liveness(&self, id: SegmentId) -> Liveness {
        if !self.has_directory() {
            return Liveness::Live;
        }
        if !self.shared.live.lock().contains(&id) {
            return Liveness::Ended;
        }
        let written_to = |shard: &Mutex<Shard>| shard.lock().written_to(id);
        // A spare, or ended since: next time.
        self.shared
            .shards
            .iter()
            .find_map(written_to)
            .map_or(Liveness::Live, |to| Liveness::Written { to })
    }

    /// Whether this journal made the segment, and no earlier run. Ask while it is there.
    pub fn has_made(&self, id: SegmentId) -> bool {
        self.shared.made.lock().contains(&id)
    }

    /// How many records were written down since it was opened; all of them can be read by now.
    pub fn records_appended(&self) -> u64 {
        self.shared.counts().records
    }

    /// Whether the directory is this journal's: not when the disk did not allow to lock it. Then another
    /// process may have it, and no file in there is to be removed.
    pub fn has_directory(&self) -> bool {
        self.shared.lock.lock().is_some()
    }

    pub fn stats(&self) -> Stats {
        let counts = self.shared.counts();
        let capacity = self.shared.settings.capacity;
        Stats::new(&self.shared.condition.lock(), counts, capacity, Instant::now())
    }

    /// Seals, trims and syncs everything; later records are dropped. Returns when all is done. The
    /// directory stays locked until the journal is dropped, so that what is left can be drained.
    pub fn close(&self) {
        self.shared.ask(|wanted| wanted.close = true);
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

impl Shared {
    pub(crate) fn new(mut settings: JournalSettings, clock: Clock) -> Self {
        settings.capacity = settings.capacity.max(SHARD_LEN);
        // So that every shard can have a spare whenever the drain has caught up.
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
            wanted: Mutex::default(),
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
            self.ask(|wanted| wanted.spare = true);
        }
        appended
    }

    pub(crate) async fn synced(&self, receipt: Receipt) -> Result<(), SyncFailed> {
        let Some(awaited) = receipt.awaited else { return Ok(()) };
        let mut synced_to = awaited.synced_to.subscribe();
        let is_decided = |at: &SyncedTo| awaited.offset <= at.offset || at.has_failed;
        let is_decided_already = is_decided(&synced_to.borrow());
        if !is_decided_already {
            self.ask(|wanted| wanted.sync = true);
        }
        // The receipt holds the sender, so the channel cannot close while we wait.
        let at = *synced_to.wait_for(is_decided).await.map_err(|_| SyncFailed)?;
        if awaited.offset <= at.offset { Ok(()) } else { Err(SyncFailed) }
    }

    /// Of all shards.
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

    /// Waits until something is wanted, or `deadline`.
    pub(crate) fn wait(&self, deadline: Instant) -> Wanted {
        let mut wanted = self.wanted.lock();
        if *wanted == Wanted::default() {
            self.bell.wait_until(&mut wanted, deadline);
        }
        let taken = *wanted;
        *wanted = Wanted::default();
        drop(wanted);
        taken
    }

    fn ask(&self, want: impl FnOnce(&mut Wanted)) {
        want(&mut self.wanted.lock());
        self.bell.notify_one();
    }
}

/// Numbers the threads that append, so that each keeps to its own shard while there are enough.
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

#[cfg(test)]
mod tests;
