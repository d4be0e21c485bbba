//! A journal that cannot take clicks, or has lost some: redirects go on, missing clicks are known
//! exactly, health and metrics report them, and everything recovers when the cause is gone.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use serde_json::Value;
use testkit::{
    server::{Client, Server, free_address},
    sqlite_lock::WriteLock,
    visits::{Pace, VISITORS, Visits, await_counted, await_health, health},
};

use super::{
    command, segments,
    stopping::{VISITING, stop},
};
use crate::disk_full::{SmallDisk, in_mounts_of, on_small_disk, with_mounts};

/// Enough to be sure that clicks keep being dropped.
const DROPPED_MIN: u64 = 500;

/// The longest campaign that a click may hold, so that a journal fills up in seconds.
fn long_query() -> String {
    let names = ["source", "medium", "campaign", "term", "content"];
    let parts = names.map(|name| format!("utm_{name}={}", "x".repeat(384)));
    format!("?{}", parts.join("&"))
}

fn is_well(counting: &Value) -> bool {
    counting["ok"] == true && counting["journal"] == "working"
}

fn drops(counting: &Value) -> bool {
    DROPPED_MIN < counting["dropped"].as_u64().unwrap()
}

/// Visits go on; afterwards counted and dropped clicks add up to all.
fn recover(visits: &mut Visits, server: &Server, metrics: &mut Client) {
    visits.during(server, Pace::Busy, || await_health(server, is_well));
    await_counted(server);
    let dropped = health(server)["dropped"].as_u64().unwrap();
    assert_eq!(visits.counted(server) + dropped, visits.tally().answered);
    // The drain reports it just after the database knows.
    await_health(server, |counting| counting["depth"] == 0);
    assert_eq!(metrics.metric::<u64>("curt_journal_depth"), 0);
    let per_second = metrics.metric::<f64>("curt_drain_clicks_per_second");
    assert!(0.0 < per_second && 0.0 < health(server)["clicks_per_s"].as_f64().unwrap());
    for name in ["curt_journal_dropped_total", "curt_drain_dropped_total"] {
        assert_eq!(metrics.metric::<u64>(name), dropped, "{name}");
    }
    visits.follow(server, 200);
    await_counted(server);
    assert_eq!(
        visits.counted(server) + dropped,
        visits.tally().answered,
        "none is dropped any more"
    );
    assert!(is_well(&health(server)));
    assert_eq!(server.output().matches("the journal drops clicks").count(), 1);
}

#[test]
fn p2_a_full_journal_drops_and_knows_what() {
    let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let server =
        command(data_dir.path()).metrics(metrics).env("CURT_JOURNAL__MAX_BYTES", "64MiB").start();
    let mut visits = Visits::with_query(&server, &long_query());
    let lock = WriteLock::take(&data_dir.path().join("curt.db"));
    visits.during(&server, Pace::Busy, || await_health(&server, drops));
    let full = health(&server);
    assert_eq!((&full["ok"], &full["journal"]), (&false.into(), &"full".into()), "{full}");
    assert!(0 < full["depth"].as_u64().unwrap(), "{full}");
    drop(lock);
    recover(&mut visits, &server, &mut Client::new(metrics));
}

#[test]
fn p2_p3_f5_a_full_disk_drops_and_knows_what() {
    let (mount_point, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let server = command(mount_point.path()).metrics(metrics).within(on_small_disk()).start();
    let disk = SmallDisk::of(&server, mount_point.path());
    let mut visits = Visits::with_query(&server, &long_query());
    disk.fill();
    visits.during(&server, Pace::Busy, || await_health(&server, drops));
    let failing = health(&server);
    assert_eq!((&failing["ok"], &failing["journal"]), (&false.into(), &"failing".into()));
    disk.free();
    recover(&mut visits, &server, &mut Client::new(metrics));
}

/// Mounts something that cannot be written over the journal: an administrator's mistake, or a
/// failover. The kernel refuses to make a file system read-only while its files are open for
/// writing.
#[test]
fn p2_p3_a_journal_that_becomes_read_only_drops_and_knows_what() {
    let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let journal = data_dir.path().join("journal");
    let server = command(data_dir.path()).metrics(metrics).within(with_mounts("true")).start();
    let mut visits = Visits::new(&server);
    visits.follow(&server, 1_000);
    in_mounts_of(&server, &["mount", "-t", "tmpfs", "-o", "ro,mode=0700", "curt-test"], &journal);
    visits.during(&server, Pace::Busy, || await_health(&server, drops));
    let failing = health(&server);
    assert_eq!((&failing["ok"], &failing["journal"]), (&false.into(), &"failing".into()));
    in_mounts_of(&server, &["umount", "--lazy"], &journal);
    recover(&mut visits, &server, &mut Client::new(metrics));
}

/// No user can open a directory for writing, not even root.
#[test]
fn p2_p3_a_journal_without_its_lock_drops_and_knows_what() {
    let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let blocked = data_dir.path().join("journal/lock");
    DirBuilder::new().recursive(true).mode(0o700).create(&blocked).unwrap();
    let server = command(data_dir.path()).metrics(metrics).start();
    let mut visits = Visits::new(&server);
    visits.follow(&server, 1_000);
    let failing = health(&server);
    assert_eq!((&failing["ok"], &failing["journal"]), (&false.into(), &"failing".into()));
    assert_eq!(failing["dropped"], 1_000);
    fs::remove_dir(&blocked).unwrap();
    recover(&mut visits, &server, &mut Client::new(metrics));
}

#[test]
fn p2_of_a_damaged_segment_all_but_the_damage_is_counted() {
    const WORD: &str = "campaign-with-a-name";
    const DAMAGED: u64 = 7;
    let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let command = command(data_dir.path()).metrics(metrics);
    let server = command.start();
    let mut visits = Visits::with_query(&server, &format!("?utm_campaign={WORD}"));
    let lock = WriteLock::take(&data_dir.path().join("curt.db"));
    visits.follow(&server, 2_000);
    server.kill();
    drop(lock);
    damage(data_dir.path(), WORD, DAMAGED);

    let server = command.start();
    await_counted(&server);
    assert_eq!(visits.counted(&server) + DAMAGED, visits.tally().answered);
    assert_eq!(Client::new(metrics).metric::<u64>("curt_drain_lost_total"), DAMAGED);
    assert!(is_well(&health(&server)));
    assert!(!segments(&data_dir.path().join("journal/damaged")).is_empty());
}

/// Changes one bit in each of this many clicks, far apart, wherever they are.
fn damage(data_dir: &Path, word: &str, clicks: u64) {
    let mut left = usize::try_from(clicks).unwrap();
    for path in segments(&data_dir.join("journal")) {
        let mut bytes = fs::read(&path).unwrap();
        let places = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(word.as_bytes()));
        let places: Vec<_> = places.step_by(100).take(left).collect();
        left -= places.len();
        for at in places {
            bytes[at] ^= 1;
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(left, 0, "there are not enough clicks to damage");
}

/// Where reserved space is not guaranteed, records are written by system calls; see `curt_journal`.
#[test]
fn p2_clicks_are_exact_where_files_are_not_mapped() {
    let (data_dir, journal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mount = format!(
        "upper=$(mktemp -d) && mount -t tmpfs curt-test \"$upper\" && \
         mkdir \"$upper/lower\" \"$upper/upper\" \"$upper/work\" && mount -t overlay -o \
         \"lowerdir=$upper/lower,upperdir=$upper/upper,workdir=$upper/work\" curt-test '{}'",
        journal.path().display()
    );
    let server = command(data_dir.path())
        .env("CURT_JOURNAL__DIR", journal.path())
        .within(with_mounts(&mount))
        .start();
    let mut visits = Visits::new(&server);
    visits.follow(&server, 1_000);
    let maps = fs::read_to_string(format!("/proc/{}/maps", server.process_id())).unwrap();
    assert!(!maps.contains(".seg"), "a segment is mapped");
    visits.assert_exact(&server);
    visits.until_end(server, VISITING, stop);
    visits.assert_exact(&command(data_dir.path()).start());
    assert!(1_000 + VISITORS as u64 <= visits.tally().answered);
}
