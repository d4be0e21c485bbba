//! The cost of an append: `cargo run --release -p curt-journal --example append [DIRECTORY]`.
//!
//! Records of 147 bytes, a typical click. First at the pace of a busy server, in bursts like those
//! of workers. Then every call timed alone (the clock's own cost is printed, to be subtracted).
//! Then at full speed.

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use curt_domain::Clock;
use curt_journal::{Durability, Journal, JournalSettings, WritingKind};

const PAYLOAD_LEN: usize = 147;
const ROUNDS: usize = 5;
/// 150 000 records a second.
const BURST_LEN: u32 = 300;
const BURST_INTERVAL: Duration = Duration::from_millis(2);
const BURSTS: u32 = 1_000;
/// Nearly two segments: what a journal accepts at once.
const FLAT_OUT_LEN: u32 = 100_000;

fn main() {
    let place = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!("clock_ns={:.0}", clock_cost());
    for kind in [WritingKind::Mapped, WritingKind::Pwrite] {
        let rounds: Vec<Round> = (0..ROUNDS).map(|_| round(&place, kind)).collect();
        let of = |get: fn(&Round) -> f64| median(rounds.iter().map(get).collect());
        let worst = rounds.iter().map(|round| round.worst_burst).max().unwrap_or_default();
        println!(
            "kind={kind:?} paced_ns={:.0} worst_burst_us={} p50_ns={:.0} p99_ns={:.0} p999_ns={:.0} \
             flat_out_ns={:.0} dropped={}",
            of(|round| round.paced),
            worst.as_micros(),
            of(|round| round.p50),
            of(|round| round.p99),
            of(|round| round.p999),
            of(|round| round.flat_out),
            rounds.iter().map(|round| round.dropped).sum::<u64>(),
        );
    }
    println!("power_waits_us={:.0}", power_wait(&place));
}

/// In nanoseconds for each record; `worst_burst` is for [`BURST_LEN`] records.
struct Round {
    paced: f64,
    worst_burst: Duration,
    p50: f64,
    p99: f64,
    p999: f64,
    flat_out: f64,
    dropped: u64,
}

fn round(place: &Path, kind: WritingKind) -> Round {
    let directory = tempfile::tempdir_in(place).expect("the directory can be written");
    let journal = open(directory.path(), Some(kind), Durability::Process);
    let bursts: Vec<Duration> = paced(|| timed(|| (0..BURST_LEN).for_each(|_| append(&journal))));
    let mut alone: Vec<Duration> = Vec::new();
    paced(|| (0..BURST_LEN).for_each(|_| alone.push(timed(|| append(&journal)))));
    alone.sort_unstable();
    let at = |per_mille: usize| nanos(alone[(alone.len() - 1) * per_mille / 1_000]);
    let flat_out = flat_out(place, kind);
    Round {
        paced: nanos(bursts.iter().sum()) / f64::from(BURST_LEN) / f64::from(BURSTS),
        worst_burst: bursts.iter().copied().max().unwrap_or_default(),
        p50: at(500),
        p99: at(990),
        p999: at(999),
        flat_out,
        dropped: journal.stats().records_dropped,
    }
}

/// As fast as one thread can, through the current segment and the spare one.
#[expect(clippy::disallowed_methods, reason = "the journal tells nobody when a spare is made")]
fn flat_out(place: &Path, kind: WritingKind) -> f64 {
    let directory = tempfile::tempdir_in(place).expect("the directory can be written");
    let journal = open(directory.path(), Some(kind), Durability::Process);
    while journal.stats().segments < 2 {
        thread::sleep(BURST_INTERVAL);
    }
    nanos(timed(|| (0..FLAT_OUT_LEN).for_each(|_| append(&journal)))) / f64::from(FLAT_OUT_LEN)
}

fn open(directory: &Path, writing: Option<WritingKind>, durability: Durability) -> Journal {
    let shards = NonZeroUsize::MIN;
    let settings = JournalSettings::new(directory.to_owned(), shards);
    let settings = JournalSettings { writing, durability, ..settings };
    Journal::open(settings, Clock::System).expect("nobody else uses the directory")
}

fn append(journal: &Journal) {
    // A dropped record is counted, and the count is printed.
    drop(journal.append(PAYLOAD_LEN, |out| out.fill(0x5A)));
}

/// Runs `burst` every [`BURST_INTERVAL`].
#[expect(clippy::disallowed_methods, reason = "the pace is what is measured")]
fn paced<T>(mut burst: impl FnMut() -> T) -> Vec<T> {
    let mut next = Instant::now();
    let mut run = |_| {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        next += BURST_INTERVAL;
        burst()
    };
    (0..BURSTS).map(&mut run).collect()
}

/// The latency of a client that writes one record after the other.
fn power_wait(place: &Path) -> f64 {
    let directory = tempfile::tempdir_in(place).expect("the directory can be written");
    let journal = open(directory.path(), None, Durability::Power);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime needs nothing");
    let wait = |_| {
        timed(|| {
            let receipt = journal.append(PAYLOAD_LEN, |out| out.fill(0x5A));
            let receipt = receipt.expect("there is room");
            runtime.block_on(journal.synced(receipt)).expect("the disk works");
        })
    };
    median((0..500).map(wait).map(nanos).collect()) / 1_000.0
}

fn clock_cost() -> f64 {
    median((0..10_001).map(|_| nanos(timed(|| ()))).collect())
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}
