//! Counting the journal of a server that is gone, or a copy of it: once, whatever was counted
//! before.

use std::{error::Error, path::PathBuf, time::Duration};

use curt_domain::Clock;
use curt_journal::{Liveness, SegmentId};
use curt_store::Store;
use tokio::time::sleep;

use crate::{
    counting::{Counting, CountingMode, Pass, PassError, Tally},
    skipped::SkipReason,
};

/// Gives way to the other process that counts the same journal.
const OVERTAKEN_PAUSE: Duration = Duration::from_millis(100);

/// The totals of a journal's records.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Counted now.
    pub counted: u64,
    /// Counted before, or at the same time by another process.
    pub counted_before: u64,
    /// Written once but unreadable, or not clicks; found now or before.
    pub lost: u64,
    /// Refused when they should have been written; found now or before.
    pub dropped: u64,
    /// How many of `counted` are on links that the database does not have: they were erased, or the
    /// journal belongs to another database.
    pub of_unknown_links: u64,
    /// Segments that were skipped.
    pub skipped: Vec<(SegmentId, String)>,
}

/// Counts the clicks in this directory that are not counted yet, without changing any of its files.
/// It may be the journal of a running server.
///
/// After each batch `progress` gets the number of clicks counted so far.
pub async fn replay(
    store: Store,
    directory: PathBuf,
    clock: Clock,
    progress: impl FnMut(u64),
) -> Result<Replayed, PassError> {
    let mode = CountingMode::Replay(Liveness::Live);
    run(Counting::new(store, directory, clock, mode), progress).await
}

/// Reports what [`replay`] would do now, without changing the database either.
pub async fn rehearse(
    store: Store,
    directory: PathBuf,
    clock: Clock,
    progress: impl FnMut(u64),
) -> Result<Replayed, PassError> {
    let mode = CountingMode::Rehearse(Liveness::Live);
    run(Counting::new(store, directory, clock, mode), progress).await
}

async fn run(mut counting: Counting, mut progress: impl FnMut(u64)) -> Result<Replayed, PassError> {
    loop {
        match counting.pass().await? {
            Pass::Counted(batch) => {
                progress(counting.tally().clicks);
                if batch.is_dry {
                    break;
                }
            }
            Pass::Skipped => {}
            Pass::Overtaken => sleep(OVERTAKEN_PAUSE).await,
        }
    }
    Ok(replayed(&counting))
}

fn replayed(counting: &Counting) -> Replayed {
    let Tally { clicks: counted, of_unknown_links } = counting.tally();
    let mut replayed = Replayed { counted, of_unknown_links, ..Replayed::default() };
    let mut records = 0;
    for mark in counting.marks() {
        records += mark.records;
        replayed.lost += mark.lost;
        replayed.dropped += mark.dropped;
    }
    replayed.counted_before = records.saturating_sub(replayed.lost + counted);
    let why = |because: &SkipReason| match because.source() {
        Some(source) => format!("{because}: {source}"),
        None => because.to_string(),
    };
    replayed.skipped = counting.skipped().iter().map(|(id, because)| (id, why(because))).collect();
    replayed.skipped.sort_unstable();
    replayed
}
