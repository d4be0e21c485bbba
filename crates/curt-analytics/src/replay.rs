//! Counting the journal of a server that is no more, or a copy of it: once, whatever was counted.

use std::path::PathBuf;

use curt_domain::Clock;
use curt_journal::{Liveness, SegmentId, is_in_use};
use curt_store::Store;

use crate::{
    LeftBecause, PassError,
    counting::{Counting, Writer},
    reading::AfterCounting,
};

/// What became of the records of a journal.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Counted now.
    pub counted: u64,
    /// Counted before, or meanwhile by somebody else.
    pub counted_before: u64,
    /// Were there once and cannot be read, or are no clicks; noted now or before.
    pub lost: u64,
    /// Refused when they should have been written; noted now or before.
    pub dropped: u64,
    /// Segments that are left as they are.
    pub left: Vec<(SegmentId, String)>,
}

/// Counts whatever in this directory is not counted yet, and changes none of its files. It may be the
/// journal of a running server.
///
/// `progress` is told after each batch how many clicks were counted so far.
pub async fn replay(
    store: Store,
    directory: PathBuf,
    clock: Clock,
    mut progress: impl FnMut(u64),
) -> Result<Replayed, PassError> {
    let liveness = if is_in_use(&directory)? { Liveness::Live } else { Liveness::Ended };
    let writer = Writer::Elsewhere(liveness);
    let mut counting = Counting::new(store, directory, clock, writer, AfterCounting::Keep);
    let mut counted = 0;
    loop {
        let pass = counting.pass().await?;
        counted += pass.clicks;
        progress(counted);
        if pass.is_dry {
            break;
        }
    }
    Ok(replayed(&counting, counted))
}

fn replayed(counting: &Counting, counted: u64) -> Replayed {
    let mut replayed = Replayed { counted, ..Replayed::default() };
    let mut records = 0;
    for mark in counting.marks() {
        records += mark.records;
        replayed.lost += mark.lost;
        replayed.dropped += mark.dropped;
    }
    replayed.counted_before = records.saturating_sub(replayed.lost + counted);
    let why = |because: &LeftBecause| because.to_string();
    replayed.left = counting.left().map(|(id, because)| (id, why(because))).collect();
    replayed.left.sort_unstable();
    replayed
}
