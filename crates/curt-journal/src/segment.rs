//! The writing side of one segment: how it is created, filled and ended.
//!
//! **Invariant:** only the [`SegmentWriter`] that created a segment writes records to it, from its
//! start to its end, and nothing is ever written after a record that failed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _},
    os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use curt_domain::Timestamp;
use parking_lot::Mutex;
use rustix::fs::{FallocateFlags, FsWord, fallocate, fstatfs};
use tokio::sync::watch;

use crate::{
    directory::{self, MODE_PRIVATE_FILE},
    format::{
        self, DROPPED_AT, HEADER_LEN, RECORD_LEN_MAX, RECORD_SPACE_MIN, SEAL_LEN, SEGMENT_LEN,
        Scratch, Seed, SegmentId,
    },
    mapping::{Mapping, MappingWriter},
};

/// How records get into files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WritingKind {
    /// A store to a mapping: no system call, about 0.2 µs.
    Mapped,
    /// One `pwrite` each, for file systems that may not keep space that was reserved.
    Pwrite,
}

impl WritingKind {
    /// Storing to a mapped page for which the disk has no room kills the process. The file systems
    /// below keep reserved space. Copy-on-write and network file systems do not, and overlays do
    /// not tell. XFS does not either once a copy shares the file's blocks, and `cp` shares them by
    /// default there.
    pub(crate) fn of_file_system(directory: &File) -> io::Result<Self> {
        // All of ext2, ext3 and ext4; `/usr/include/linux/magic.h`.
        const EXT: FsWord = 0xEF53;
        const TMPFS: FsWord = 0x0102_1994;
        match fstatfs(directory)?.f_type {
            EXT | TMPFS => Ok(Self::Mapped),
            _ => Ok(Self::Pwrite),
        }
    }
}

/// What a segment has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Records,
    /// Without room for records, drops are counted in a file, where they survive `kill -9`.
    DropsOnly,
}

impl Room {
    fn len(self) -> u32 {
        match self {
            Self::Records => SEGMENT_LEN,
            Self::DropsOnly => HEADER_LEN + SEAL_LEN,
        }
    }
}

/// How far a segment is on the disk. Receipts wait for this.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SyncedTo {
    pub(crate) offset: u32,
    pub(crate) has_failed: bool,
}

/// The part of a segment that the keeper uses, independent of its writer.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: SegmentId,
    seed: Seed,
    path: PathBuf,
    file: File,
    device_and_inode: (u64, u64),
    mapping: Option<Arc<Mapping>>,
    len: u32,
    /// Shared separately, so that a receipt does not keep the file open.
    synced_to: Arc<watch::Sender<SyncedTo>>,
    upkeep: Mutex<Upkeep>,
}

#[derive(Debug, Default)]
struct Upkeep {
    dropped_synced: u64,
    populated_to: u32,
    released_to: u32,
}

/// What exists under the name of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Itself,
    /// The file was counted and removed, or taken away.
    Nothing,
    /// Another file, for example a copy.
    Another,
}

#[derive(Debug)]
enum Medium {
    Mapped(MappingWriter),
    Pwrite,
}

#[derive(Debug)]
pub(crate) struct SegmentWriter {
    pub(crate) segment: Arc<Segment>,
    medium: Medium,
    /// Where the next record goes.
    pub(crate) offset: u32,
    /// The number of the next record.
    number: u32,
    pub(crate) dropped: u64,
    has_failed: bool,
}

impl SegmentWriter {
    /// Creates a new file, durable under its name.
    pub(crate) fn create(
        directory: &Path,
        id: SegmentId,
        created_at: Timestamp,
        kind: WritingKind,
        room: Room,
    ) -> io::Result<Self> {
        let (path, unfinished) = directory::segment_paths(directory, created_at, id);
        // Renamed once it is complete, so that no reader sees half a header.
        let made = make(&unfinished, id, created_at, kind, room).and_then(|made| {
            fs::rename(&unfinished, &path)?;
            directory::sync(directory)?;
            Ok(made)
        });
        let (file, medium) = made.inspect_err(|_| {
            for path in [&unfinished, &path] {
                if let Err(error) = fs::remove_file(path) {
                    tracing::trace!(%error, "nothing to remove of the segment that was not made");
                }
            }
        })?;
        let metadata = file.metadata()?;
        let mapping = match &medium {
            Medium::Mapped(writer) => Some(writer.mapping()),
            Medium::Pwrite => None,
        };
        let segment = Segment {
            id,
            seed: Seed::of(id),
            path,
            file,
            device_and_inode: (metadata.dev(), metadata.ino()),
            mapping,
            len: room.len(),
            synced_to: Arc::default(),
            upkeep: Mutex::default(),
        };
        Ok(Self {
            segment: Arc::new(segment),
            medium,
            offset: HEADER_LEN,
            number: 0,
            dropped: 0,
            has_failed: false,
        })
    }

    /// Whether a record of this length fits, and a seal after it.
    pub(crate) fn has_room(&self, len: usize) -> bool {
        let needed = format::space(len) + RECORD_SPACE_MIN;
        let left = (self.segment.len - self.offset) as usize;
        len <= RECORD_LEN_MAX && needed <= left && !self.has_failed
    }

    /// Writes a record for which there is room. An error fails the segment: it accepts no more.
    pub(crate) fn append(
        &mut self,
        scratch: &mut Scratch,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> io::Result<()> {
        let record = format::encode_record(self.segment.seed, self.number, scratch, len, fill);
        self.write(record)?;
        self.number += 1;
        Ok(())
    }

    /// Counts dropped records in the file, where they survive the death of the process.
    pub(crate) fn add_dropped(&mut self, dropped: u64) -> io::Result<()> {
        let total = self.dropped + dropped;
        let word = format::dropped_word(self.segment.seed, total);
        match &mut self.medium {
            Medium::Mapped(writer) => writer.store(DROPPED_AT, word),
            Medium::Pwrite => {
                self.segment.file.write_all_at(&word.to_le_bytes(), DROPPED_AT.into())?;
            }
        }
        self.dropped = total;
        Ok(())
    }

    /// Marks the end of the records. Without a seal, a reader learns it from the journal.
    pub(crate) fn seal(&mut self) {
        let seal = format::encode_seal(self.segment.seed, self.number);
        if let Err(error) = self.write(&seal) {
            tracing::debug!(%error, segment = %self.segment.id, "a segment could not be sealed");
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.number == 0 && self.dropped == 0
    }

    /// Receivers of this sender learn how far the segment is synced.
    pub(crate) fn synced_to(&self) -> &Arc<watch::Sender<SyncedTo>> {
        &self.segment.synced_to
    }

    /// Syncs the rest and frees the space after the seal. Consumes the writer, because a mapping
    /// must be gone before its file is cut.
    pub(crate) fn finish(self) -> io::Result<()> {
        let Self { segment, medium, offset, dropped, .. } = self;
        drop(medium);
        let synced = segment.sync(offset, dropped);
        let path = segment.path.clone();
        let file = segment.file.try_clone();
        drop(segment);
        if let Err(error) = file.and_then(|file| file.set_len(offset.into())) {
            tracing::warn!(%error, path = %path.display(), "a journal segment could not be trimmed");
        }
        synced
    }

    /// Replaces the file, which was deleted or moved, by a complete copy of the same name. It keeps
    /// the id, so a drain continues at its mark, and a moved file may come back.
    pub(crate) fn restore(&self) -> io::Result<()> {
        let unfinished = directory::unfinished(&self.segment.path);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(MODE_PRIVATE_FILE);
        let mut copy = options.open(&unfinished)?;
        let mut original = self.segment.file.try_clone()?;
        original.rewind()?;
        io::copy(&mut original.take(self.offset.into()), &mut copy)?;
        copy.sync_all()?;
        fs::rename(&unfinished, &self.segment.path)?;
        directory::sync(self.segment.path.parent().unwrap_or(Path::new(".")))
    }

    /// The number of its records.
    pub(crate) fn records(&self) -> u32 {
        self.number
    }

    pub(crate) fn remove(self) {
        let path = &self.segment.path;
        // The drain may have removed it first as ended and empty.
        if let Err(error) = directory::allow_absent(fs::remove_file(path)) {
            tracing::warn!(%error, path = %path.display(), "an empty segment could not be removed");
        }
    }

    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        match &mut self.medium {
            Medium::Mapped(writer) => writer.publish(self.offset, record),
            Medium::Pwrite => {
                let written = write_published(&self.segment.file, self.offset, record);
                // Part of it may be written, and a shorter record would not cover that garbage.
                self.has_failed |= written.is_err();
                written?;
            }
        }
        self.offset += u32::try_from(record.len()).expect("records are short");
        Ok(())
    }
}

impl Segment {
    /// What exists under its name. If that cannot be determined, its own file.
    pub(crate) fn standing(&self) -> Standing {
        match fs::symlink_metadata(&self.path) {
            Ok(there) if (there.dev(), there.ino()) != self.device_and_inode => Standing::Another,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Standing::Nothing,
            _ => Standing::Itself,
        }
    }

    /// Waits until everything before `offset` is on the disk. After an error it does not retry: the
    /// kernel has marked the pages clean and would report success for what it has not written.
    pub(crate) fn sync(&self, offset: u32, dropped: u64) -> io::Result<()> {
        let from = *self.synced_to.borrow();
        if from.has_failed {
            return Ok(());
        }
        let mut upkeep = self.upkeep.lock();
        let is_dropped_news = upkeep.dropped_synced < dropped;
        if offset <= from.offset && !is_dropped_news {
            return Ok(());
        }
        let synced = match &self.mapping {
            None => self.file.sync_data(),
            Some(mapping) => {
                upkeep.release(mapping, offset);
                let header_to = if is_dropped_news { HEADER_LEN } else { 0 };
                mapping.sync(from.offset, offset).and_then(|()| mapping.sync(0, header_to))
            }
        };
        upkeep.dropped_synced = dropped;
        drop(upkeep);
        let offset = if synced.is_ok() { offset.max(from.offset) } else { from.offset };
        self.synced_to.send_replace(SyncedTo { offset, has_failed: synced.is_err() });
        synced
    }

    /// For tests of a disk that refuses.
    #[cfg(test)]
    pub(crate) fn replace_file(&mut self, file: File) {
        self.file = file;
    }

    /// Keeps the pages ready for the next `window` bytes.
    pub(crate) fn keep_pages(&self, offset: u32, window: u32) {
        let Some(mapping) = &self.mapping else { return };
        let mut upkeep = self.upkeep.lock();
        let wanted_to = offset.saturating_add(window).min(self.len);
        // In larger steps than the writer's, so that a slow writer does not cost a call each time.
        if upkeep.populated_to < wanted_to.min(offset.saturating_add(window / 2)) {
            mapping.populate(upkeep.populated_to.max(offset), wanted_to);
            upkeep.populated_to = wanted_to;
        }
    }
}

impl Drop for Segment {
    /// Data that is not synced by now never will be. Receipts for synced data still succeed.
    fn drop(&mut self) {
        self.synced_to.send_modify(|synced_to| synced_to.has_failed = true);
    }
}

impl Upkeep {
    /// Releases all filled pages at once, before they are synced. A sync would write-protect one
    /// page after the other, and interrupt the writer's core for each.
    fn release(&mut self, mapping: &Mapping, offset: u32) {
        self.released_to = mapping.release(self.released_to.max(HEADER_LEN), offset);
    }
}

/// Writes a record so that no reader ever finds its first word without the rest.
///
/// `kill -9` ends a `pwrite` between two pages, so a record that crosses a page gets its word last,
/// by a separate call. (Found by killing: half a record looked like damage.)
pub(crate) fn write_published(file: &File, offset: u32, record: &[u8]) -> io::Result<()> {
    const PAGE_LEN_MIN: u64 = 4096;
    const WORD_LEN: usize = 4;
    let offset = u64::from(offset);
    let last = offset + record.len() as u64 - 1;
    if offset / PAGE_LEN_MIN == last / PAGE_LEN_MIN {
        return file.write_all_at(record, offset);
    }
    let (word, rest) = record.split_at(WORD_LEN);
    file.write_all_at(rest, offset + WORD_LEN as u64)?;
    file.write_all_at(word, offset)
}

/// Whether the file system cannot reserve space for a segment.
pub(crate) fn cannot_reserve(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::OPNOTSUPP.raw_os_error())
}

fn make(
    path: &Path,
    id: SegmentId,
    created_at: Timestamp,
    kind: WritingKind,
    room: Room,
) -> io::Result<(File, Medium)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(MODE_PRIVATE_FILE);
    let file = options.open(path)?;
    let reserved = fallocate(&file, FallocateFlags::empty(), 0, room.len().into());
    match (reserved, kind) {
        // Not every file system can reserve space; a failed `pwrite` then reports a full disk.
        (Err(rustix::io::Errno::OPNOTSUPP), WritingKind::Pwrite) => {
            file.set_len(HEADER_LEN.into())?;
        }
        (reserved, _) => reserved?,
    }
    file.write_all_at(&format::encode_header(id, created_at), 0)?;
    file.sync_all()?;
    let medium = match kind {
        WritingKind::Mapped => Medium::Mapped(Mapping::of(&file, room.len())?),
        WritingKind::Pwrite => Medium::Pwrite,
    };
    Ok((file, medium))
}
