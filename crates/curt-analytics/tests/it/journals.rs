//! Journals with clicks in them, and drains that count them.

use std::{
    fs,
    net::IpAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use curt_analytics::{Drain, DrainMetrics, DrainSettings, Finished};
use curt_domain::{Click, ClickQuery, Clock, Privacy, Timestamp};
use curt_journal::{
    Durability, Journal, JournalSettings, SEGMENT_LEN, SegmentFile, WritingKind, segments,
};
use curt_store::Store;
use tempfile::TempDir;

use crate::stores::{LINKS, clock, id, now};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn click(number: u64, at: Timestamp) -> Click<'static> {
    Click {
        link: id(number),
        at,
        decided: None,
        client: IpAddr::from([192, 0, 2, 1]),
        privacy: Privacy::default(),
        user_agent: b"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
        referrer: b"https://example.org/",
        language: b"de-DE,de;q=0.8",
        query: ClickQuery::default(),
    }
}

/// As on a machine with two processors.
const SHARDS: usize = 2;

/// A journal in a separate directory.
pub(crate) struct TestJournal {
    home: TempDir,
    journal: Arc<Journal>,
    clock: Clock,
}

impl TestJournal {
    pub(crate) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap(), u64::MAX)
    }

    /// With room for that many segments.
    pub(crate) fn small(segments: u64) -> Self {
        Self::open(tempfile::tempdir().unwrap(), segments * u64::from(SEGMENT_LEN))
    }

    /// One shard, synced only when a test waits for it.
    pub(crate) fn synced_on_demand(writing: WritingKind) -> Self {
        Self::with(tempfile::tempdir().unwrap(), 1, clock(), |settings| JournalSettings {
            durability: Durability::Power,
            sync_interval: Duration::from_hours(1),
            writing: Some(writing),
            ..settings
        })
    }

    /// In the given directory, for a server that restarts.
    pub(crate) fn at(home: TempDir, clock: Clock) -> Self {
        Self::with(home, SHARDS, clock, |settings| settings)
    }

    fn open(home: TempDir, capacity: u64) -> Self {
        Self::with(home, SHARDS, clock(), |settings| JournalSettings { capacity, ..settings })
    }

    fn with(
        home: TempDir,
        shards: usize,
        clock: Clock,
        change: impl FnOnce(JournalSettings) -> JournalSettings,
    ) -> Self {
        let shards = NonZeroUsize::new(shards).unwrap();
        let settings = change(JournalSettings::new(home.path().join("journal"), shards));
        let journal = Arc::new(Journal::open(settings, clock.clone()).unwrap());
        Self { home, journal, clock }
    }

    /// The journal of the next process in the same directory.
    pub(crate) fn reopen(directory: &Path) -> Journal {
        let shards = NonZeroUsize::new(SHARDS).unwrap();
        Journal::open(JournalSettings::new(directory.to_owned(), shards), clock()).unwrap()
    }

    /// The files that are left if the process dies now, as another journal.
    pub(crate) fn copy(&self) -> Self {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("journal");
        fs::create_dir(&directory).unwrap();
        for segment in self.segments() {
            fs::copy(&segment.path, directory.join(segment.path.file_name().unwrap())).unwrap();
        }
        Self::open(home, u64::MAX)
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.home.path().join("journal")
    }

    pub(crate) fn segments(&self) -> Vec<SegmentFile> {
        segments(&self.directory()).unwrap().segments
    }

    pub(crate) fn damaged(&self) -> Vec<SegmentFile> {
        segments(&self.directory().join("damaged")).unwrap().segments
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Appends that many clicks, on all links in turn, now. None may be dropped.
    pub(crate) fn append(&self, clicks: u64) {
        for number in 0..clicks {
            assert!(self.append_one(&click(1 + number % LINKS, now())));
        }
    }

    /// Appends a click that is on the disk when this returns.
    pub(crate) async fn append_synced(&self, click: &Click<'_>) {
        let receipt = self.journal.append(click.encoded_len(), |place| click.encode(place));
        self.journal.synced(receipt.unwrap()).await.unwrap();
    }

    /// Closes the journal and returns the directory, for the next journal.
    pub(crate) fn into_home(self) -> TempDir {
        self.journal.close();
        self.home
    }

    /// Whether the journal took the click.
    pub(crate) fn append_one(&self, click: &Click<'_>) -> bool {
        append_one(&self.journal, click)
    }

    pub(crate) fn append_bytes(&self, bytes: &[u8]) {
        self.journal.append(bytes.len(), |place| place.copy_from_slice(bytes)).unwrap();
    }

    pub(crate) fn start(&self, store: &Store) -> Drain {
        self.start_with(store, DrainMetrics::unregistered())
    }

    pub(crate) fn start_with(&self, store: &Store, metrics: DrainMetrics) -> Drain {
        let settings = DrainSettings {
            store: store.clone(),
            journal: Arc::clone(&self.journal),
            directory: self.directory(),
            clock: self.clock.clone(),
            metrics,
        };
        Drain::start(settings).unwrap()
    }

    /// Closes the journal, then ends the drain once it has counted everything.
    pub(crate) async fn finish(&self, drain: Drain) {
        self.journal.close();
        assert_eq!(drain.finish(PATIENCE).await, Finished::Whole);
    }

    /// Runs a drain from start to end.
    pub(crate) async fn drain(&self, store: &Store) {
        self.finish(self.start(store)).await;
    }
}

pub(crate) fn append_one(journal: &Journal, click: &Click<'_>) -> bool {
    journal.append(click.encoded_len(), |place| click.encode(place)).is_ok()
}

/// Changes one bit of the click with this number.
pub(crate) fn damage(segment: &SegmentFile, number: usize) {
    const WORD: &[u8] = b"Firefox";
    let mut bytes = fs::read(&segment.path).unwrap();
    let words = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(WORD));
    let at = words.take(number + 1).last().unwrap();
    bytes[at] ^= 0x10;
    fs::write(&segment.path, bytes).unwrap();
}
