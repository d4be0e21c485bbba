//! A file mapped into memory, and all of the unsafe code.
//!
//! No reference into the mapping ever exists: bytes are written by raw copies and atomic stores,
//! and never read back through the mapping. So another process that maps or writes the file too
//! (only by mistake: the directory is private) can corrupt the content, but not the soundness of
//! this program.
//!
//! **Invariant:** a mapping is as long as its file was when it was made, and only the journal
//! shortens the file, after the writer is gone. If another process shortens a file under a running
//! server, the server is killed (SIGBUS). A disk that cannot return a page has the same effect.
//! Neither loses a record that a `kill -9` would not have lost.

use std::{
    fs::File,
    io,
    ptr::{self, NonNull},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use rustix::mm::{Advice, MapFlags, MsyncFlags, ProtFlags};

/// The page size of this machine: mostly 4 KiB, but up to 64 KiB on aarch64. The calls below fail
/// or round if they are given part of a page.
fn page_len() -> usize {
    rustix::param::page_size()
}

#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is unmapped once, by `drop`.
#[expect(unsafe_code, reason = "a raw pointer says nothing about threads")]
unsafe impl Send for Mapping {}
// SAFETY: through `&Mapping` only the kernel is called, which has its own locks. Bytes are written
// through `&mut MappingWriter` alone, and each mapping has one.
#[expect(unsafe_code, reason = "a raw pointer says nothing about threads")]
unsafe impl Sync for Mapping {}

/// The only writer of a mapping: [`Mapping::of`] returns one, and it is not `Clone`.
#[derive(Debug)]
pub(crate) struct MappingWriter {
    mapping: Arc<Mapping>,
}

impl Mapping {
    /// Maps the first `len` bytes of `file`, whose space must be reserved: storing to a page for
    /// which the disk has no room kills the process.
    pub(crate) fn of(file: &File, len: u32) -> io::Result<MappingWriter> {
        let len = len as usize;
        if file.metadata()?.len() < len as u64 {
            return Err(io::Error::other("the file is shorter than what shall be mapped"));
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the address, so no existing mapping is replaced.
        #[expect(unsafe_code, reason = "there is no safe way to map a file")]
        let start = unsafe {
            rustix::mm::mmap(ptr::null_mut(), len, protection, MapFlags::SHARED, file, 0)?
        };
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at null"))?;
        let mapping = Self { start, len };
        // Page by page: with readahead the kernel would create larger folios of the file, and
        // syncing one that the writer has begun would take away its pages that the writer has not
        // reached yet.
        mapping.advise(0, len, Advice::Random);
        Ok(MappingWriter { mapping: Arc::new(mapping) })
    }

    /// Waits until the bytes from `from` to `to` and the metadata to find them are on the disk.
    pub(crate) fn sync(&self, from: u32, to: u32) -> io::Result<()> {
        let from = from as usize / page_len() * page_len();
        let to = (to as usize).min(self.len);
        if to <= from {
            return Ok(());
        }
        // SAFETY: inside the mapping: `from` and `to` were clamped to it. The call changes no
        // memory.
        #[expect(unsafe_code, reason = "the call takes an address")]
        unsafe {
            rustix::mm::msync(self.at(from), to - from, MsyncFlags::SYNC)?;
        }
        Ok(())
    }

    /// Makes the pages from `from` to `to` writable now, so that no store has to wait for it later.
    /// Best effort: older kernels do not support it.
    pub(crate) fn populate(&self, from: u32, to: u32) {
        let from = from as usize / page_len() * page_len();
        let to = (to as usize).next_multiple_of(page_len()).min(self.len);
        self.advise(from, to, Advice::LinuxPopulateWrite);
    }

    /// Releases the whole pages between `from` and `to`. Their content stays in the page cache, and
    /// so in the file, and is synced with it; the pages only stop counting as memory of this
    /// process. Returns where the released pages end.
    #[expect(clippy::cast_possible_truncation, reason = "no more than `to`")]
    pub(crate) fn release(&self, from: u32, to: u32) -> u32 {
        let start = (from as usize).next_multiple_of(page_len());
        let end = (to as usize).min(self.len) / page_len() * page_len();
        if end <= start {
            return from;
        }
        self.advise(start, end, Advice::LinuxDontNeed);
        end as u32
    }

    fn advise(&self, from: usize, to: usize, advice: Advice) {
        if to <= from {
            return;
        }
        // SAFETY: inside the mapping, as above. In a shared file mapping, none of these advices
        // changes what a later load or store sees.
        #[expect(unsafe_code, reason = "the call takes an address")]
        let advised = unsafe { rustix::mm::madvise(self.at(from), to - from, advice) };
        if let Err(error) = advised {
            tracing::trace!(%error, ?advice, "the kernel did not take the advice");
        }
    }

    /// The address of a byte of the mapping.
    fn at<T>(&self, offset: usize) -> *mut T {
        assert!(offset < self.len, "outside the mapping");
        self.start.as_ptr().wrapping_add(offset).cast()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `of` with this length, and no longer in use: writers hold an `Arc` of
        // it, and no reference into it was ever made.
        #[expect(unsafe_code, reason = "the call takes an address")]
        let unmapped = unsafe { rustix::mm::munmap(self.at(0), self.len) };
        if let Err(error) = unmapped {
            tracing::error!(%error, "a journal segment could not be unmapped");
        }
    }
}

impl MappingWriter {
    pub(crate) fn mapping(&self) -> Arc<Mapping> {
        Arc::clone(&self.mapping)
    }

    /// Writes a record at `offset`, its first word last and with release ordering.
    ///
    /// # Panics
    /// If it does not fit, or is not aligned to 8 bytes.
    pub(crate) fn publish(&mut self, offset: u32, record: &[u8]) {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(8) && offset + record.len() <= self.mapping.len);
        let (word, rest) = record.split_first_chunk().expect("a record opens with a word");
        let target: *mut u8 = self.mapping.at(offset);
        // SAFETY: inside the mapping (asserted), which lives as long as `self`. `rest` is ordinary
        // memory, so the two do not overlap. `&mut self` is the only writer, and there are no
        // readers.
        #[expect(unsafe_code, reason = "no reference into the mapping may exist")]
        unsafe {
            ptr::copy_nonoverlapping(rest.as_ptr(), target.wrapping_add(word.len()), rest.len());
        }
        // SAFETY: inside the mapping and aligned (asserted; mappings start on a page). All other
        // accesses to these four bytes go through this line.
        #[expect(unsafe_code, reason = "the place is given by an address")]
        let published = unsafe { AtomicU32::from_ptr(target.cast()) };
        published.store(u32::from_le_bytes(*word).to_le(), Ordering::Release);
    }

    /// Stores one aligned 64-bit word at once.
    ///
    /// # Panics
    /// If it does not fit, or is not aligned to 8 bytes.
    pub(crate) fn store(&mut self, offset: u32, word: u64) {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(8) && offset + size_of::<u64>() <= self.mapping.len);
        // SAFETY: inside the mapping and aligned (asserted), and lives as long as `self`. Only the
        // header's word is stored like this, and no record ever covers the header.
        #[expect(unsafe_code, reason = "the place is given by an address")]
        let place = unsafe { AtomicU64::from_ptr(self.mapping.at(offset)) };
        place.store(word.to_le(), Ordering::Release);
    }
}
