//! The piece of a segment's file that is in memory.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use crate::format::{RECORD_SPACE_MAX, SEGMENT_LEN};

/// Read at once: some hundreds of records for each system call.
const WINDOW_LEN: usize = 128 << 10;

/// Bytes of the file from `start` on.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    start: u64,
    reaches_end: bool,
}

impl Window {
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
        self.reaches_end = false;
    }

    /// What stands at `offset`: at least as much as the longest record takes, or all that is left.
    pub(super) fn at(&mut self, file: &File, offset: u64) -> io::Result<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        let is_inside = self.start <= offset && offset <= end;
        let is_enough = self.reaches_end || offset + RECORD_SPACE_MAX as u64 <= end;
        if !is_inside || !is_enough {
            self.read(file, offset)?;
        }
        // Behind the file's end there is nothing, however far.
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(self.bytes.get(from..).unwrap_or_default())
    }

    fn read(&mut self, file: &File, offset: u64) -> io::Result<()> {
        // Whatever comes after a segment's length is nothing that we have written.
        let left = u64::from(SEGMENT_LEN).saturating_sub(offset);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(WINDOW_LEN);
        self.forget();
        self.bytes.resize(len, 0);
        let read = read_at_most(file, &mut self.bytes, offset);
        self.bytes.truncate(*read.as_ref().unwrap_or(&0));
        self.start = offset;
        self.reaches_end = read? < WINDOW_LEN;
        Ok(())
    }
}

/// Fills `bytes` as far as the file goes.
pub(super) fn read_at_most(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
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
