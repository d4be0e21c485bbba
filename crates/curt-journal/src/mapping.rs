//! A file mapped into memory, and all of the unsafe code.
//!
//! No reference into the mapping ever exists: bytes go in by raw copies and atomic stores, and
//! nobody reads them back through it. So another process that maps or writes the file too (only a
//! mistake: the directory is ours alone) can spoil what is in it, but not the soundness of this
//! program.
//!
//! **Invariant:** a mapping is as long as its file was when it was made, and the file is shortened
//! only by the journal, after its writer is gone. A file that somebody else shortens under a
//! running server kills it (SIGBUS), and so does a disk that cannot give back a page; both lose no
//! record that a `kill -9` would not have lost.

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

/// Of this machine: 4 KiB mostly, aarch64 may have 64. The calls below fail or round where they are
/// asked for a part of one.
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
// SAFETY: through `&Mapping` only the kernel is called, which keeps its own locks; bytes are
// written through `&mut MappingWriter` alone, and there is one of those for each mapping.
#[expect(unsafe_code, reason = "a raw pointer says nothing about threads")]
unsafe impl Sync for Mapping {}

/// The only thing that writes to a mapping: [`Mapping::of`] hands out one, and it is not `Clone`.
#[derive(Debug)]
pub(crate) struct MappingWriter {
    mapping: Arc<Mapping>,
}

impl Mapping {
    /// Maps the first `len` bytes of `file`, whose space must be reserved: a store to a page that
    /// the disk has no room for kills the process.
    pub(crate) fn of(file: &File, len: u32) -> io::Result<MappingWriter> {
        let len = len as usize;
        if file.metadata()?.len() < len as u64 {
            return Err(io::Error::other("the file is shorter than what shall be mapped"));
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the place, so that no existing mapping is replaced.
        #[expect(unsafe_code, reason = "there is no safe way to map a file")]
        let start = unsafe {
            rustix::mm::mmap(ptr::null_mut(), len, protection, MapFlags::SHARED, file, 0)?
        };
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at null"))?;
        let mapping = Self { start, len };
        // Page by page: read ahead, the kernel would make larger pieces of the file, and syncing
        // one that the writer has begun would take from it the pages of that piece it has not come
        // to yet.
        mapping.advise(0, len, Advice::Random);
        Ok(MappingWriter { mapping: Arc::new(mapping) })
    }

    /// Waits until the bytes from `from` to `to` are on the disk, with what it takes to find them.
    pub(crate) fn sync(&self, from: u32, to: u32) -> io::Result<()> {
        let from = from as usize / page_len() * page_len();
        let to = (to as usize).min(self.len);
        if to <= from {
            return Ok(());
        }
        // SAFETY: inside the mapping: `from` and `to` were cut to it. Nothing is changed by it.
        #[expect(unsafe_code, reason = "the call takes an address")]
        unsafe {
            rustix::mm::msync(self.at(from), to - from, MsyncFlags::SYNC)?;
        }
        Ok(())
    }

    /// Makes the pages from `from` to `to` writable now, so that no store has to wait for it later.
    /// Only a favour: older kernels do not know it.
    pub(crate) fn populate(&self, from: u32, to: u32) {
        let from = from as usize / page_len() * page_len();
        let to = (to as usize).next_multiple_of(page_len()).min(self.len);
        self.advise(from, to, Advice::LinuxPopulateWrite);
    }

    /// Lets go of the whole pages between `from` and `to`. What is in them stays in the page cache,
    /// and so in the file, and is synced with it; only this process stops counting them as its
    /// memory. Says where the pages end that are gone.
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
        // SAFETY: inside the mapping, like above. In a shared mapping of a file, none of these
        // advices changes what a later load or store sees.
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
        // SAFETY: mapped by `of` with this length, and nothing can refer to it any more: writers
        // hold an `Arc` of it, and no reference into it was ever made.
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
    /// When it does not fit, or is not aligned to 8 bytes.
    pub(crate) fn publish(&mut self, offset: u32, record: &[u8]) {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(8) && offset + record.len() <= self.mapping.len);
        let (word, rest) = record.split_first_chunk().expect("a record opens with a word");
        let target: *mut u8 = self.mapping.at(offset);
        // SAFETY: inside the mapping (asserted), which lives as long as `self`. `rest` is ordinary
        // memory, so the two do not overlap. `&mut self` is the only writer, and nobody reads.
        #[expect(unsafe_code, reason = "no reference into the mapping may exist")]
        unsafe {
            ptr::copy_nonoverlapping(rest.as_ptr(), target.wrapping_add(word.len()), rest.len());
        }
        // SAFETY: inside the mapping and aligned (asserted; mappings start on a page). All other
        // accesses to these four bytes are through this very line.
        #[expect(unsafe_code, reason = "the place is given by an address")]
        let published = unsafe { AtomicU32::from_ptr(target.cast()) };
        published.store(u32::from_le_bytes(*word).to_le(), Ordering::Release);
    }

    /// Stores one aligned 64-bit word at once.
    ///
    /// # Panics
    /// When it does not fit, or is not aligned to 8 bytes.
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
