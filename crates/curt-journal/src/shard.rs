//! What one worker writes to: the current segment, a spare one, and counts. Its worker nearly
//! always has the lock to itself; nothing in here waits for a file.

use std::{io, sync::Arc, time::Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{
    format::{RECORD_LEN_MAX, RECORD_SPACE_MAX, Scratch, SegmentId},
    segment::{Segment, SegmentWriter, SyncedTo},
    settings::Durability,
};

/// The record was not written and is counted as dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal dropped the record, and counted it")]
pub struct Dropped;

/// Identifies the record to wait for, in [`Durability::Power`].
#[derive(Debug, Clone)]
pub struct Receipt {
    pub(crate) awaited: Option<Awaited>,
}

#[derive(Debug, Clone)]
pub(crate) struct Awaited {
    pub(crate) synced_to: Arc<watch::Sender<SyncedTo>>,
    /// The offset after the record.
    pub(crate) offset: u32,
}

/// Segments that are being written, or may be soon. A reader must not judge them yet.
pub(crate) type LiveSegments = Mutex<Vec<SegmentId>>;

/// Aligned to separate cache lines, so that workers do not slow each other down.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard {
    pub(crate) current: Option<SegmentWriter>,
    /// Created ahead of need, so that no redirect waits for the file system.
    pub(crate) spare: Option<SegmentWriter>,
    /// Segments that the keeper still has to sync and trim.
    pub(crate) ended: Vec<SegmentWriter>,
    /// Drops that no header has counted, because there was no segment.
    unrecorded: u64,
    pub(crate) counts: Counts,
    /// Why the last segment failed at a record, for the keeper to report.
    pub(crate) write_error: Option<io::Error>,
    scratch: Box<Scratch>,
}

/// Counts since the journal was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped: u64,
    pub(crate) last_drop: Option<Instant>,
}

/// What the keeper has to do after an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Nothing,
    /// The spare was used.
    MakeSpare,
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self {
            current: None,
            spare: None,
            ended: Vec::new(),
            unrecorded: 0,
            counts: Counts::default(),
            write_error: None,
            scratch: Box::new([0; RECORD_SPACE_MAX]),
        }
    }

    pub(crate) fn append(
        &mut self,
        durability: Durability,
        live: &LiveSegments,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> (Result<Receipt, Dropped>, Afterwards) {
        let mut afterwards = Afterwards::Nothing;
        let has_room = |writer: &SegmentWriter| writer.has_room(len);
        if !self.current.as_ref().is_some_and(has_room) {
            // A record that is too long for any segment must not use segments up.
            if RECORD_LEN_MAX < len || !self.spare.as_ref().is_some_and(has_room) {
                return (Err(self.drop_one()), afterwards);
            }
            self.roll_over(live);
            afterwards = Afterwards::MakeSpare;
        }
        let Some(writer) = &mut self.current else { return (Err(self.drop_one()), afterwards) };
        match writer.append(&mut self.scratch, len, fill) {
            Ok(()) => {
                self.counts.records += 1;
                self.counts.bytes += len as u64;
                let awaited = match durability {
                    Durability::Process => None,
                    Durability::Power => Some(Awaited {
                        synced_to: Arc::clone(writer.synced_to()),
                        offset: writer.offset,
                    }),
                };
                (Ok(Receipt { awaited }), afterwards)
            }
            Err(error) => {
                self.write_error = Some(error);
                self.roll_over(live);
                (Err(self.drop_one()), Afterwards::MakeSpare)
            }
        }
    }

    /// Ends the current segment, and continues in the spare one if there is one.
    pub(crate) fn roll_over(&mut self, live: &LiveSegments) {
        if let Some(mut ended) = self.current.take() {
            ended.seal();
            live.lock().retain(|id| *id != ended.segment.id);
            self.ended.push(ended);
        }
        if let Some(spare) = self.spare.take() {
            self.current = Some(spare);
            self.record_dropped();
        }
    }

    /// Adds a new segment, and uses it at once if there is no current one.
    pub(crate) fn add_segment(&mut self, segment: SegmentWriter) {
        self.spare = Some(segment);
        if self.current.is_none() {
            self.current = self.spare.take();
            self.record_dropped();
        }
    }

    /// The segments that are being written or may be soon.
    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        let writers = [&self.current, &self.spare].into_iter().flatten();
        writers.map(|writer| Arc::clone(&writer.segment)).collect()
    }

    /// Removes the segments whose files are gone; the current one is ended first.
    pub(crate) fn take_gone(
        &mut self,
        live: &LiveSegments,
        is_gone: impl Fn(SegmentId) -> bool,
    ) -> Vec<SegmentWriter> {
        let mut gone = Vec::new();
        if let Some(spare) = self.spare.take_if(|spare| is_gone(spare.segment.id)) {
            live.lock().retain(|id| *id != spare.segment.id);
            gone.push(spare);
        }
        if self.current.as_ref().is_some_and(|current| is_gone(current.segment.id)) {
            self.roll_over(live);
            gone.extend(self.ended.pop());
        }
        gone
    }

    /// Hands over all segments, and the number of drops that no file has counted. Without segments,
    /// everything appended from now on is dropped.
    pub(crate) fn close(&mut self, live: &LiveSegments) -> (Vec<SegmentWriter>, u64) {
        self.roll_over(live);
        self.roll_over(live);
        (std::mem::take(&mut self.ended), std::mem::take(&mut self.unrecorded))
    }

    /// How far the current segment is written, if it is this one.
    pub(crate) fn written_to(&self, id: SegmentId) -> Option<u64> {
        let current = self.current.as_ref().filter(|current| current.segment.id == id)?;
        Some(current.offset.into())
    }

    /// Drops that no file has counted; after `close`, those since then.
    pub(crate) fn unrecorded(&self) -> u64 {
        self.unrecorded
    }

    fn drop_one(&mut self) -> Dropped {
        self.counts.dropped += 1;
        self.counts.last_drop = Some(Instant::now());
        self.unrecorded += 1;
        self.record_dropped();
        Dropped
    }

    fn record_dropped(&mut self) {
        if 0 < self.unrecorded
            && let Some(current) = &mut self.current
            && current.add_dropped(self.unrecorded).is_ok()
        {
            self.unrecorded = 0;
        }
    }
}
