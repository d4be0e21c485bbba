//! A power cut, with journals as a disk may leave them: synced data is there, and any pages of
//! later data. Everything that the database has committed is there too.

use std::{collections::BTreeMap, ffi::OsString, fs};

use curt_analytics::replay;
use curt_domain::Access;
use curt_journal::WritingKind;
use curt_store::Store;

use crate::{
    journals::{TestJournal, click},
    stores::{clock, counted, for_each_store, id, losses, now},
};

/// The unit in which a disk loses data.
const PAGE_LEN: usize = 4096;

const SYNCED: u64 = 500;
const UNSYNCED: u64 = 700;
const NEW: u64 = 1_000;

/// Disks, each of which loses different pages.
const DISKS: u64 = 12;

type Files = BTreeMap<OsString, Vec<u8>>;

fn files(journal: &TestJournal) -> Files {
    let file = |path: &std::path::Path| {
        let name = path.file_name().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    };
    journal.segments().iter().map(|segment| file(&segment.path)).collect()
}

/// What a disk has of `written` if it surely has `synced`. The first loses everything else, the
/// second nothing.
fn disk(number: u64, synced: &Files, written: &Files) -> TestJournal {
    let mut random = fastrand::Rng::with_seed(number);
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("journal");
    fs::create_dir(&directory).unwrap();
    for (name, synced) in synced {
        // A file that was removed since may reappear.
        let written = written.get(name).unwrap_or(synced);
        let mut bytes = synced.clone();
        for (page, after) in bytes.chunks_mut(PAGE_LEN).zip(written.chunks(PAGE_LEN)) {
            if number == 1 || 1 < number && random.bool() {
                page[..after.len()].copy_from_slice(after);
            }
        }
        fs::write(directory.join(name), bytes).unwrap();
    }
    TestJournal::at(home, clock())
}

/// Clicks on link 1 that the disk has, followed by some that it may have.
async fn journal_and_its_disk(number: u64) -> (TestJournal, Files) {
    let writing = if number.is_multiple_of(2) { WritingKind::Mapped } else { WritingKind::Pwrite };
    let journal = TestJournal::synced_on_demand(writing);
    for _ in 1..SYNCED {
        assert!(journal.append_one(&click(1, now())));
    }
    journal.append_synced(&click(1, now())).await;
    let synced = files(&journal);
    for _ in 0..UNSYNCED {
        assert!(journal.append_one(&click(1, now())));
    }
    (journal, synced)
}

async fn clicks_on(store: &Store, link: u64) -> u64 {
    store.link(Access::All, id(link)).await.unwrap().unwrap().clicks.total()
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_what_was_counted_before_a_power_cut_hides_no_new_click() {
    for_each_store(async |store, _| {
        for number in 0..DISKS {
            let before = counted(store).await;
            let (journal, synced) = journal_and_its_disk(number).await;
            // Counted as by the running server: nothing is sealed or synced.
            let replayed = replay(store.clone(), journal.directory(), clock(), |_| {}).await;
            assert_eq!(replayed.unwrap().counted, SYNCED + UNSYNCED);

            let journal = disk(number, &synced, &files(&journal));
            for _ in 0..NEW {
                assert!(journal.append_one(&click(2, now())));
            }
            journal.drain(store).await;
            assert_eq!(counted(store).await - before, SYNCED + UNSYNCED + NEW, "disk {number}");
            assert_eq!(
                losses(store).await.lost,
                0,
                "disk {number}: nothing that was counted is lost"
            );
            assert_eq!(journal.segments(), []);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_a_power_cut_costs_nothing_that_was_synced() {
    for_each_store(async |store, _| {
        let mut kept_all = 0;
        for number in 0..DISKS {
            let [before, new_before] = [clicks_on(store, 1).await, clicks_on(store, 2).await];
            let lost_before = losses(store).await.lost;
            let (journal, synced) = journal_and_its_disk(number).await;
            let journal = disk(number, &synced, &files(&journal));
            for _ in 0..NEW {
                assert!(journal.append_one(&click(2, now())));
            }
            journal.drain(store).await;
            let kept = clicks_on(store, 1).await - before;
            let lost = losses(store).await.lost - lost_before;
            assert!(SYNCED <= kept, "disk {number} has {kept}");
            assert!(kept + lost <= SYNCED + UNSYNCED, "disk {number}: {kept} and {lost} lost");
            assert_eq!(clicks_on(store, 2).await - new_before, NEW, "disk {number}");
            match number {
                0 => assert_eq!((kept, lost), (SYNCED, 0)),
                1 => assert_eq!((kept, lost), (SYNCED + UNSYNCED, 0)),
                _ => kept_all += u32::from(kept == SYNCED + UNSYNCED),
            }
        }
        assert_eq!(kept_all, 0, "the disks forget too little to show anything");
    })
    .await;
}
