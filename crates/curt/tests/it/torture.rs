//! Crashes while eight writers write: everything acknowledged is there afterwards (promise P1).
//!
//! `CURT_TORTURE_CYCLES` sets the number of crashes (`cargo xtask torture` sets many), and
//! `CURT_TORTURE_SEED` repeats the crashes of a failed run, as far as timing can be repeated.

use std::{env, path::PathBuf, process::Command, time::Duration};

use tempfile::TempDir;
use testkit::{
    history::History,
    powercut::PowerCut,
    server::{Server, ServerCommand},
};

/// Enough to see in seconds that a server often loses data; `cargo xtask torture` finds rare
/// losses.
const CYCLES_DEFAULT: u32 = 5;

/// From the first writes up to some checkpoints of the write-ahead log.
const WRITING_MS: std::ops::RangeInclusive<u64> = 50..=2_000;
/// From the first instruction until after the server is ready.
const STARTING_MS: std::ops::RangeInclusive<u64> = 0..=150;

#[test]
fn f1_kill_9_loses_no_acknowledged_write() {
    let data_dir = tempfile::tempdir().unwrap();
    torture(Disk::KeepsWhatWasWritten(data_dir));
}

#[test]
fn f2_a_power_cut_loses_no_acknowledged_write() {
    torture(Disk::KeepsWhatWasSynced(PowerCut::new()));
}

/// What a crash leaves of the data directory.
enum Disk {
    KeepsWhatWasWritten(TempDir),
    KeepsWhatWasSynced(PowerCut),
}

impl Disk {
    fn command(&self) -> ServerCommand {
        let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), self.data_dir());
        match self {
            Self::KeepsWhatWasWritten(_) => command,
            Self::KeepsWhatWasSynced(power_cut) => power_cut
                .env()
                .into_iter()
                .fold(command, |command, (name, value)| command.env(name, value)),
        }
    }

    fn data_dir(&self) -> PathBuf {
        match self {
            Self::KeepsWhatWasWritten(data_dir) => data_dir.path().to_owned(),
            Self::KeepsWhatWasSynced(power_cut) => power_cut.data_dir(),
        }
    }

    /// While the server runs: only the server itself does the recovery, and it has done it.
    fn assert_sound(&self) {
        let check = Command::new(env!("CARGO_BIN_EXE_curt"))
            .args(["db", "check", "--data-dir"])
            .arg(self.data_dir())
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }

    fn crash(&mut self, server: Server) {
        server.kill();
        match self {
            Self::KeepsWhatWasWritten(_) => {}
            Self::KeepsWhatWasSynced(power_cut) => power_cut.cut(),
        }
    }
}

#[expect(clippy::print_stdout, reason = "progress of a long run")]
fn torture(mut disk: Disk) {
    let cycles = cycles();
    let mut random = fastrand::Rng::with_seed(seed());
    let mut history = History::new(random.u64(..));
    for cycle in 1..=cycles {
        let mut starting = disk.command().spawn();
        starting.run_for(Duration::from_millis(random.u64(STARTING_MS)));
        disk.crash(starting);

        let server = disk.command().start();
        let links = history.check(&server);
        disk.assert_sound();
        println!("crash {cycle} of {cycles}: {links} links before");
        let time = Duration::from_millis(random.u64(WRITING_MS));
        history.write(server, time, |server| disk.crash(server));
    }
    let server = disk.command().start();
    assert!(0 < history.check(&server), "nothing was written");
    disk.assert_sound();
}

/// The seed of every random choice of a run.
#[expect(clippy::print_stdout, reason = "a run that fails can be repeated by what it printed")]
pub(crate) fn seed() -> u64 {
    let seed = from_env("CURT_TORTURE_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("CURT_TORTURE_SEED={seed} repeats this");
    seed
}

/// The number of crashes.
pub(crate) fn cycles() -> u32 {
    from_env("CURT_TORTURE_CYCLES").unwrap_or(CYCLES_DEFAULT)
}

fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}
