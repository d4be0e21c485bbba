use std::{
    fs::OpenOptions,
    future::Future,
    process::Command,
    task::{Context, Poll, Waker},
};

use curt_domain::Clock;

use super::*;
use crate::{
    Durability, Journal, JournalSettings, State, Stats, SyncFailed,
    condition::NO_ANSWER,
    shard::Counts,
    testing::{KINDS, quick_directory, read, settings},
};

const SYNC: RoundRequest = RoundRequest { spare: false, sync: true, close: false };

/// A journal whose keeper runs only when a test calls it.
struct Rig {
    shared: Arc<Shared>,
    keeper: Keeper,
    now: Instant,
}

impl Rig {
    fn new(settings: JournalSettings) -> Self {
        let shared = Arc::new(Shared::new(settings, Clock::System));
        let now = Instant::now();
        let keeper = Keeper::new(Arc::clone(&shared), now).unwrap();
        Self { shared, keeper, now }
    }

    /// Runs a round after the longest pause of the keeper.
    fn round(&mut self) {
        self.now += RETRY_INTERVAL;
        self.keeper.round(self.now, SYNC);
    }

    fn append(&self, payload: &[u8]) -> bool {
        self.shared.append(payload.len(), |out| out.copy_from_slice(payload)).is_ok()
    }

    fn stats(&self) -> Stats {
        let capacity = self.shared.settings.capacity;
        Stats::new(&self.shared.condition.lock(), Counts::default(), capacity, self.now)
    }

    /// From now on the current segment is written to and synced through another file.
    fn break_current(&self, path: &str, options: &OpenOptions) {
        let file = options.open(path).unwrap();
        let mut shard = self.shared.shards[0].lock();
        let current = shard.current.as_mut().unwrap();
        Arc::get_mut(&mut current.segment).unwrap().replace_file(file);
        drop(shard);
    }
}

/// Polls once.
fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn power(directory: &Path, kind: WritingKind) -> JournalSettings {
    JournalSettings { durability: Durability::Power, ..settings(directory, kind) }
}

#[test]
fn a_receipt_is_good_once_a_sync_covers_it() {
    for kind in KINDS {
        let directory = quick_directory();
        let mut rig = Rig::new(power(directory.path(), kind));
        let append = |rig: &Rig| rig.shared.append(3, |out| out.fill(1)).unwrap();
        let (first, second) = (append(&rig), append(&rig));
        let synced = |rig: &Rig, receipt: &crate::Receipt| poll(rig.shared.synced(receipt.clone()));
        assert_eq!(synced(&rig, &first), Poll::Pending);
        rig.round();
        let third = append(&rig);
        assert_eq!(synced(&rig, &first), Poll::Ready(Ok(())));
        assert_eq!(synced(&rig, &second), Poll::Ready(Ok(())));
        assert_eq!(synced(&rig, &third), Poll::Pending);
        rig.keeper.close();
        assert_eq!(synced(&rig, &third), Poll::Ready(Ok(())), "closing syncs");
    }
}

#[test]
fn whoever_waits_for_the_disk_waits_for_no_interval() {
    let directory = tempfile::tempdir().unwrap();
    let settings = JournalSettings {
        sync_interval: Duration::from_hours(1),
        ..power(directory.path(), WritingKind::Mapped)
    };
    let journal = Journal::open(settings, Clock::System).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for _ in 0..100 {
        let receipt = journal.append(3, |out| out.fill(1)).unwrap();
        assert_eq!(runtime.block_on(journal.synced(receipt)), Ok(()));
    }
}

#[test]
fn a_failed_sync_ends_the_segment_and_no_record_is_lost() {
    let directory = quick_directory();
    let mut rig = Rig::new(power(directory.path(), WritingKind::Pwrite));
    rig.round();
    assert!(rig.append(b"synced"));
    rig.round();
    let covered = rig.shared.append(4, |out| out.copy_from_slice(b"soon")).unwrap();
    rig.round();
    let lost = rig.shared.append(4, |out| out.copy_from_slice(b"last")).unwrap();
    // Accepts every write but cannot be synced.
    rig.break_current("/dev/null", OpenOptions::new().read(true).write(true));
    assert_eq!(rig.stats().state, State::Working);
    rig.round();
    assert_eq!(poll(rig.shared.synced(covered)), Poll::Ready(Ok(())));
    assert_eq!(poll(rig.shared.synced(lost)), Poll::Ready(Err(SyncFailed)));
    let stats = rig.stats();
    assert_eq!((stats.state, stats.sync_failures), (State::Failing, 1));

    assert!(rig.append(b"goes on"), "in the spare segment");
    rig.round();
    assert_eq!(rig.stats().state, State::Working);
    rig.keeper.close();
    let payloads = read(directory.path()).payloads;
    assert_eq!(payloads, [b"synced".as_slice(), b"soon", b"last", b"goes on"]);
}

#[test]
fn a_disk_that_syncs_again_needs_no_click_to_say_so() {
    let directory = quick_directory();
    let mut rig = Rig::new(settings(directory.path(), WritingKind::Pwrite));
    rig.round();
    assert!(rig.append(b"not synced"));
    rig.break_current("/dev/null", OpenOptions::new().read(true).write(true));
    rig.round();
    assert_eq!(rig.stats().state, State::Failing);
    rig.round();
    assert_eq!(rig.stats().state, State::Working);
}

/// A dead network volume returns no error, and the thread hangs in the kernel.
#[test]
fn b9_a_disk_that_does_not_answer_is_told_though_nothing_fails() {
    let directory = quick_directory();
    let mut rig = Rig::new(settings(directory.path(), WritingKind::Mapped));
    rig.round();
    rig.now += Duration::from_secs(5);
    assert_eq!(rig.stats().state, State::Working);
    rig.now += Duration::from_millis(1);
    let stats = rig.stats();
    assert_eq!((stats.state, stats.error.as_deref()), (State::Failing, Some(NO_ANSWER)));
    rig.round();
    assert_eq!(rig.stats().state, State::Working);
    rig.keeper.close();
    rig.now += Duration::from_hours(1);
    assert_eq!(rig.stats().state, State::Working, "no round is to come");
}

/// An emptied list makes the keeper index out of bounds.
#[test]
fn b9_a_keeper_that_panics_says_so_and_goes_on() {
    for kind in KINDS {
        let directory = quick_directory();
        let mut rig = Rig::new(settings(directory.path(), kind));
        rig.round();
        let (windows, round) = (std::mem::take(&mut rig.keeper.windows), |rig: &mut Rig| {
            rig.keeper.guarded_round(rig.now, SYNC);
        });
        assert!(rig.append(b"before"));
        rig.shared.shards[0].lock().roll_over(&rig.shared.live);
        rig.now += RETRY_INTERVAL;
        round(&mut rig);
        assert_eq!(rig.shared.live.lock().len(), 1, "what was made for nobody is no live one");
        let stats = rig.stats();
        assert_eq!(stats.state, State::Failing);
        assert!(stats.error.unwrap().contains("panicked"));
        assert!(rig.append(b"meanwhile"), "there was a spare");

        rig.keeper.windows = windows;
        round(&mut rig);
        assert_eq!(rig.stats().state, State::Failing, "it does not spin");
        rig.now += RETRY_INTERVAL;
        round(&mut rig);
        assert_eq!(rig.stats().state, State::Working);
        assert!(rig.append(b"after"));
        rig.keeper.close();
        let content = read(directory.path());
        assert_eq!(content.payloads, [b"before".as_slice(), b"meanwhile", b"after"]);
        assert_eq!((content.lost, content.damaged_segments), (0, 0));
    }
}

/// As when the keeper panics before it syncs the segment.
#[test]
fn b9_nobody_waits_for_a_segment_that_nobody_will_sync() {
    let directory = quick_directory();
    let rig = Rig::new(power(directory.path(), WritingKind::Mapped));
    let receipt = rig.shared.append(3, |out| out.fill(1)).unwrap();
    let mut shard = rig.shared.shards[0].lock();
    shard.roll_over(&rig.shared.live);
    shard.ended.clear();
    drop(shard);
    assert_eq!(poll(rig.shared.synced(receipt)), Poll::Ready(Err(SyncFailed)));
    assert_eq!(read(directory.path()).payloads, [[1; 3]], "it is there all the same");
}

#[test]
fn a_full_journal_looks_for_room_once_an_interval() {
    let directory = quick_directory();
    let capacity = 2 * u64::from(SEGMENT_LEN);
    let settings = JournalSettings { capacity, ..settings(directory.path(), WritingKind::Pwrite) };
    let mut rig = Rig::new(settings);
    rig.round();
    while rig.append(&[1; crate::RECORD_LEN_MAX]) {}
    let has_spare = |rig: &Rig| rig.shared.shards[0].lock().spare.is_some();
    rig.round();
    assert_eq!((has_spare(&rig), rig.stats().state), (false, State::Full));
    let drained = directory::segments(directory.path()).unwrap().segments;
    directory::remove_finished(&drained[0]).unwrap();
    rig.keeper.round(rig.now, SYNC);
    assert!(!has_spare(&rig), "not before the next interval");
    rig.round();
    assert_eq!((has_spare(&rig), rig.stats().state), (true, State::Working));
}

#[test]
fn a_failed_write_drops_its_record_and_ends_the_segment() {
    let directory = quick_directory();
    let mut rig = Rig::new(settings(directory.path(), WritingKind::Pwrite));
    rig.round();
    assert!(rig.append(b"first"));
    rig.break_current("/dev/null", OpenOptions::new().read(true));
    assert!(!rig.append(b"refused"));
    assert!(rig.append(b"second"), "in the spare segment");
    rig.round();
    assert_eq!(rig.stats().state, State::Failing);
    rig.round();
    assert_eq!(rig.stats().state, State::Working);
    rig.keeper.close();
    let content = read(directory.path());
    assert_eq!(content.payloads, [b"first".as_slice(), b"second"]);
    assert_eq!(content.dropped, 1, "counted in the next header");
}

#[test]
fn drops_are_exact_over_restarts() {
    for kind in KINDS {
        let mut directory = quick_directory();
        for _ in 0..5 {
            let rig = Rig::new(settings(directory.path(), kind));
            assert!(rig.append(b"kept"));
            for _ in 0..7 {
                assert!(!rig.append(&[0; crate::RECORD_LEN_MAX + 1]));
            }
            directory = crate::testing::snapshot(directory.path());
        }
        let content = read(directory.path());
        assert_eq!((content.payloads.len(), content.dropped), (5, 35), "{kind:?}");
    }
}

/// Whatever an administrator's script does to the files.
#[test]
fn files_that_are_taken_away_cost_no_record() {
    type Taking = fn(&Path);
    let takings: [(&str, Taking); 5] = [
        ("directory deleted", |directory| std::fs::remove_dir_all(directory).unwrap()),
        ("directory moved", |directory| {
            std::fs::rename(directory, directory.with_extension("old")).unwrap();
        }),
        ("segments deleted", |directory| {
            for segment in directory::segments(directory).unwrap().segments {
                directory::remove_finished(&segment).unwrap();
            }
        }),
        // As `rsync` and a restore replace files.
        ("segments replaced by copies", |directory| {
            for segment in directory::segments(directory).unwrap().segments {
                let copy = segment.path.with_extension("copy");
                std::fs::copy(&segment.path, &copy).unwrap();
                std::fs::rename(&copy, &segment.path).unwrap();
            }
        }),
        ("lock deleted", |directory| std::fs::remove_file(directory.join("lock")).unwrap()),
    ];
    let cases = KINDS.into_iter().flat_map(|kind| takings.map(|taking| (kind, taking)));
    for ((kind, (what, take)), ends) in cases.flat_map(|case| [(case, false), (case, true)]) {
        let home = quick_directory();
        let directory = home.path().join("journal");
        let mut rig = Rig::new(settings(&directory, kind));
        rig.round();
        assert!(rig.append(b"before"));
        rig.round();
        take(&directory);
        assert!(rig.append(b"meanwhile"), "nobody can know yet");
        // An ended segment whose file is missing is taken as counted; only a replaced one is not.
        if ends && what.contains("replaced") {
            rig.shared.shards[0].lock().roll_over(&rig.shared.live);
            rig.round();
        }
        rig.round();
        assert!(rig.append(b"after"), "{what}");
        assert!(directory::is_in_use(&directory).unwrap(), "{what}");
        assert_eq!(rig.stats().state, State::Working);
        rig.keeper.close();
        let mut content = read(&directory);
        content.payloads.sort();
        assert_eq!(content.payloads, [b"after".as_slice(), b"before", b"meanwhile"], "{what}");
        assert_eq!((content.lost, content.damaged_segments), (0, 0), "{what}");
    }
}

#[test]
fn a_journal_whose_disk_is_gone_fails_until_it_is_back() {
    let home = quick_directory();
    let disk = home.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let directory = disk.join("journal");
    let mut rig = Rig::new(settings(&directory, WritingKind::Mapped));
    assert!(rig.append(b"before"));
    std::fs::rename(&disk, home.path().join("elsewhere")).unwrap();
    rig.round();
    assert_eq!(rig.stats().state, State::Failing);
    assert!(!rig.append(b"refused"));
    std::fs::create_dir(&disk).unwrap();
    rig.round();
    assert_eq!(rig.stats().state, State::Working);
    assert!(rig.append(b"after"));
    rig.keeper.close();
    let mut content = read(&directory);
    content.payloads.sort();
    assert_eq!(
        (content.payloads, content.dropped),
        (vec![b"after".to_vec(), b"before".to_vec()], 1)
    );
}

#[test]
fn the_memory_of_a_long_run_stays_small() {
    let directory = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(settings(directory.path(), WritingKind::Mapped));
    for _ in 0..20 {
        for _ in 0..100 {
            assert!(rig.append(&[1; crate::RECORD_LEN_MAX]));
        }
        rig.round();
    }
    let mapped = mapped_kilobytes(directory.path());
    // The pages kept ready for twice the last round's records, here and in the spare.
    assert!((1..4_096).contains(&mapped), "{mapped} kB of 16 MiB are mapped");
}

/// Resident memory, in kB, of mappings of files below `directory`.
fn mapped_kilobytes(directory: &Path) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut is_ours = false;
    let mut sum = 0;
    for line in maps.lines() {
        let opens_mapping = line.split(' ').next().is_some_and(|word| word.contains('-'));
        if opens_mapping {
            is_ours = line.contains(directory.to_str().unwrap());
        } else if let (true, Some(rest)) = (is_ours, line.strip_prefix("Rss:")) {
            sum += rest.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        }
    }
    sum
}

/// Tells the test, run again as a child, where the small file system is.
const SMALL_DISK_VARIABLE: &str = "CURT_JOURNAL_SMALL_DISK";

#[test]
fn a_full_or_read_only_disk_drops_counts_and_recovers() {
    let name = "keeper::tests::a_full_or_read_only_disk_drops_counts_and_recovers";
    on_a_disk_of_its_own(name, "tmpfs -o size=20m,mode=0700", fill_and_free);
}

/// As on ext2 and ext3, which look like ext4.
#[test]
fn where_no_space_can_be_reserved_records_are_written_one_by_one() {
    let name = "keeper::tests::where_no_space_can_be_reserved_records_are_written_one_by_one";
    on_a_disk_of_its_own(name, "ramfs -o mode=0700", |disk| {
        let rig = Rig::new(settings(&disk.join("journal"), WritingKind::Mapped));
        assert!(rig.append(b"kept"));
        assert_eq!(rig.stats().state, State::Working);
        assert_eq!(rig.keeper.kind, Some(WritingKind::Pwrite));
    });
}

/// Runs the test with this name again, in a process with a separate file system like this.
fn on_a_disk_of_its_own(name: &str, file_system: &str, test: fn(&Path)) {
    if let Some(disk) = std::env::var_os(SMALL_DISK_VARIABLE) {
        return test(Path::new(&disk));
    }
    let disk = tempfile::tempdir().unwrap();
    let mount = format!("mount -t {file_system} curt-test \"$0\" && exec \"$@\"");
    let ways: [&[&str]; 2] = [&["unshare", "--mount"], &["unshare", "--map-root-user", "--mount"]];
    let works = |way: &&&[&str]| {
        let tried = Command::new(way[0]).args(&way[1..]).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(works).expect(
        "this test mounts a small file system where nobody else sees it: run it as root with \
         CAP_SYS_ADMIN, or allow user namespaces",
    );
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", &mount]).arg(disk.path());
    command.arg(std::env::current_exe().unwrap()).args([name, "--exact", "--nocapture"]);
    let output = command.env(SMALL_DISK_VARIABLE, disk.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
}

fn fill_and_free(disk: &Path) {
    for kind in KINDS {
        let directory = disk.join("journal");
        let remount = |how: &str| {
            let status = Command::new("mount").args(["-o", how]).arg(disk).status().unwrap();
            assert!(status.success(), "{how}");
        };
        remount("remount,ro");
        let mut rig = Rig::new(settings(&directory, kind));
        assert!(!rig.append(b"refused: read-only"));
        assert_eq!(rig.stats().state, State::Failing);
        remount("remount,rw");
        let ballast = fill(disk);
        rig.round();
        assert!(!rig.append(b"refused: full"));
        assert_eq!(rig.stats().state, State::Failing);

        // Five pages are enough for names, a header and a seal, but far too few for a segment.
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len - 5 * 4096).unwrap();
        rig.round();
        assert_eq!(rig.stats().state, State::Failing);
        assert_eq!(read(&directory).dropped, 2, "{kind:?}: counted where kill -9 does not reach");
        assert!(!rig.append(b"refused: still full"));
        assert_eq!(read(&directory).dropped, 3, "{kind:?}");

        ballast.set_len(0).unwrap();
        rig.round();
        assert_eq!(rig.stats().state, State::Working, "{:?}", rig.stats());
        assert!(rig.append(b"kept"));
        rig.keeper.close();
        let content = read(&directory);
        assert_eq!((content.payloads, content.dropped), (vec![b"kept".to_vec()], 3), "{kind:?}");
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

/// Fills the disk completely.
fn fill(disk: &Path) -> File {
    let mut ballast = File::create(disk.join("ballast")).unwrap();
    loop {
        match io::Write::write(&mut ballast, &[0; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return ballast,
            Err(error) => panic!("the disk cannot be filled: {error}"),
        }
    }
}
