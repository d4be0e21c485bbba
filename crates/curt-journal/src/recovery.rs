//! Ends the segments of dead processes before anything new is written.
//!
//! A segment gets a seal after its last whole record and is cut to its length; an empty one is
//! removed. Damage stays as it is: the seal goes after it, and the drain reports the losses.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;

use crate::{
    directory::{self, SegmentFile},
    format::{self, HEADER_LEN, RECORD_SPACE_MIN, SEAL_LEN, SEGMENT_LEN, Seed},
    reader::{Liveness, Mark, OpenSegmentError, SegmentReader, is_sealed_at_end},
    segment::write_published,
};

/// The directory must be locked. A segment that cannot be ended stays as it is, which every reader
/// can handle.
pub(crate) fn end_segments(directory: &Path) -> io::Result<()> {
    directory::remove_unfinished(directory)?;
    let listing = directory::segments(directory)?;
    for path in &listing.foreign {
        let path = path.display();
        tracing::warn!(%path, "is no part of the journal: if it was renamed, its clicks are not counted");
    }
    for segment in listing.segments {
        if let Err(error) = end_segment(&segment) {
            let path = segment.path.display();
            tracing::warn!(%error, %path, "a journal segment of an earlier run is left as it is");
        }
    }
    Ok(())
}

fn end_segment(segment: &SegmentFile) -> Result<(), OpenSegmentError> {
    // A properly ended segment needs no work, and there may be a gigabyte of them.
    let is_empty = segment.len <= u64::from(HEADER_LEN + SEAL_LEN);
    if !is_empty && is_sealed_at_end(&directory::open(&segment.path)?, Seed::of(segment.id))? {
        return Ok(());
    }
    let mut reader = SegmentReader::open(segment, Mark::default())?;
    while !reader.next_batch(u64::MAX, Liveness::Ended, &mut |_| {})?.ended {}
    let cursor = reader.cursor();
    if cursor.next_number == 0 && !reader.is_damaged() && reader.dropped() == Some(0) {
        directory::remove_finished(segment)?;
        return Ok(());
    }
    if !reader.has_header() {
        return Ok(());
    }
    let sealed_to = cursor.sealed_at.map(|at| at + RECORD_SPACE_MIN as u64);
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().write(true).custom_flags(no_follow).open(&segment.path)?;
    let end = match sealed_to {
        Some(end) => end,
        None => seal(&file, segment, cursor.used_to, cursor.next_number)?,
    };
    file.set_len(end)?;
    file.sync_all()?;
    Ok(())
}

/// Returns the new end of the segment.
fn seal(file: &File, segment: &SegmentFile, at: u64, count: u64) -> io::Result<u64> {
    let end = at + RECORD_SPACE_MIN as u64;
    // Completely full of damage: a seal must not grow the file, or it would not count as ours.
    if u64::from(SEGMENT_LEN) < end {
        return Ok(segment.len);
    }
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let seal = format::encode_seal(Seed::of(segment.id), count);
    // If killed within this write, half a seal would pass for damage.
    write_published(file, u32::try_from(at).map_err(io::Error::other)?, &seal)?;
    Ok(end)
}

#[cfg(test)]
mod tests;
