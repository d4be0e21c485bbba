//! The part of a segment's file that is in memory.

#[cfg(test)]
use std::{cell::RefCell, ops::Range};
use std::{fs::File, io, os::unix::fs::FileExt as _};

use crate::format::{RECORD_SPACE_MAX, SEGMENT_LEN};

/// Bytes read at once: some hundreds of records for each system call.
const WINDOW_LEN: usize = 128 << 10;

#[cfg(test)]
thread_local! {
    /// For tests of a disk with bad sectors: a range that cannot be read in any file.
    pub(crate) static UNREADABLE: RefCell<Range<u64>> = const { RefCell::new(0..0) };
}

/// Bytes of the file from `start` on, and zeros after its end.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    filled: usize,
    start: u64,
    reaches_end: bool,
}

impl Window {
    pub(super) fn forget(&mut self) {
        self.filled = 0;
        self.reaches_end = false;
    }

    /// The bytes at `offset`: at least as many as the longest record takes; none after the end.
    ///
    /// A record that the file's end cuts is followed by zeros, as it will be once a seal is written
    /// after it: if the zeros make the record whole, it is whole.
    pub(super) fn at(&mut self, file: &File, offset: u64) -> io::Result<&[u8]> {
        let end = self.start + self.filled as u64;
        let is_inside = self.start <= offset && offset <= end;
        let is_enough = self.reaches_end || offset + RECORD_SPACE_MAX as u64 <= end;
        if !is_inside || !is_enough {
            self.read(file, offset)?;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let zeros = if self.reaches_end { RECORD_SPACE_MAX } else { 0 };
        let is_behind_end = self.filled <= from;
        Ok(if is_behind_end { &[] } else { &self.bytes[from..self.filled + zeros] })
    }

    fn read(&mut self, file: &File, offset: u64) -> io::Result<()> {
        // Bytes after a segment's length were not written by us.
        let left = u64::from(SEGMENT_LEN).saturating_sub(offset);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(WINDOW_LEN);
        self.forget();
        if self.bytes.is_empty() {
            self.bytes = vec![0; WINDOW_LEN + RECORD_SPACE_MAX];
        }
        self.filled = read_at_most(file, &mut self.bytes[..len], offset)?;
        self.bytes[self.filled..][..RECORD_SPACE_MAX].fill(0);
        self.start = offset;
        self.reaches_end = self.filled < WINDOW_LEN;
        Ok(())
    }
}

/// Fills `bytes` as far as the file reaches.
pub(super) fn read_at_most(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(test)]
    if UNREADABLE.with_borrow(|at| at.start < offset + bytes.len() as u64 && offset < at.end) {
        return Err(rustix::io::Errno::IO.into());
    }
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
