//! The crash-safe click journal: a click is in here before its visitor gets the redirect.
//!
//! Bytes in, bytes out: this crate does not know the meaning of a payload. It is the only one with
//! `unsafe` code, all of it in `mapping.rs`, each block with its reason.
//!
//! # Files
//!
//! A journal is a directory (0700) with a file `lock`, segments `<created, ms>-<id, 32 hexadecimal
//! digits>.seg` (0600), and `damaged/`, where damaged segments are kept for a week. The journal
//! holds `lock` by `flock` until its last handle is dropped, closed or not (the drain has one). A
//! segment is created under another name, synced, and renamed.
//!
//! ```text
//! 0     magic, format version, id (128 random bits), created at, CRC-32C of all that
//! 40    dropped: 40 bits of count, 24 bits of check; one aligned word
//! 4096  record, record, … seal
//! ```
//!
//! A record is `word | CRC-32C | number | payload | padding to 8 bytes`, all integers
//! little-endian. The word is a tag and the payload's length; the number counts from 0 within the
//! segment. The CRC starts from the segment's id and covers word, number and payload, so that
//! neither leftovers of an earlier file nor a visitor's bytes in a payload are ever taken for a
//! record. A seal is a record with a different tag, and with the number of records in place of a
//! number.
//!
//! Dropped records are counted in the header of their shard's current segment, not by records: they
//! are dropped because there is no room, and a count that needs room would be lost with them. The
//! count carries its check in the same word, so that one store changes both.
//!
//! # Why records are read whole
//!
//! The writer assembles a record in its own memory, copies all of it except the word to its place,
//! and then stores the word with release ordering. A place that was never written reads as zero,
//! which no word is. Readers never map. They copy pieces of the file by `pread`, which sees the
//! same pages of the kernel's cache as the mapping, in no order worth relying on. So a reader
//! believes a record only if the CRC of its own copy is right and, in a segment that may still
//! grow, if its number is the very next. Anything else is *not yet there*, and is read again later.
//! It is judged only where it is known to be written: in a segment that is sealed and cut, or that
//! the journal knows as ended ([`Journal::liveness`] takes the lock under which the writer gave it
//! up), or that a dead process left (its `flock` is gone); and in a segment that this process still
//! writes, before the offset that has been reached according to that lock. There the reader
//! continues at the next aligned place that holds a whole record with a higher number; the gap, or
//! the seal's count, tells how many records are lost.
//!
//! # What survives
//!
//! - `kill -9`: everything for which [`Journal::append`] has returned `Ok`. The bytes are in the
//!   kernel's page cache, which outlives the process; an executed store gets there, and the word is
//!   the last of them. The same holds for counted drops.
//! - A power cut: everything before the last sync, which is every 200 ms
//!   ([`JournalSettings::sync_interval`]); in [`Durability::Power`], everything for which
//!   [`Journal::synced`] has returned `Ok`. The file system may keep any part of what was written
//!   later; only whole records count.
//! - A full or broken disk: redirects. Records are dropped and counted; without any segment (a disk
//!   that refuses even one page) the count is in memory, and moves to the next header that can be
//!   created.
//! - Deleted, moved or replaced files, if the process lives: it notices within a sync interval,
//!   creates the directory anew, and copies its open segments to new files of the same names. Those
//!   have the same ids, so that marks fit.
//!
//! Nothing is ever appended to a segment of an earlier run, and no segment is used again: a
//! reader's [`Mark`] is a number of records in *this* segment, and a power cut may have taken
//! records that are already counted. New records in their place would be skipped. Segments of
//! earlier runs are only sealed and cut.
//!
//! # Cost
//!
//! Each shard has a current segment of 8 MiB and a spare, whose space is reserved but whose pages
//! are not touched before they are needed. A thread, `journal`, syncs, creates spares, and keeps
//! some pages ahead ready; an append takes an uncontended lock and copies bytes. Without a spare it
//! drops and counts: a redirect never waits for a file.
//!
//! # The modules
//!
//! From the ground up; each uses only those above it in this list:
//!
//! - `format`, `mapping`: bytes of records and headers, and the mapped file
//! - `directory`: the files of a journal, and its lock
//! - `reader`, `segment`: reading and writing a segment
//! - `recovery`, `inspection`: ending and inspecting what a dead process has left
//! - `settings`: the settings of a journal
//! - `shard`: what one worker writes to
//! - `condition`: the journal's state
//! - `shared`: state shared by appending threads and the keeper
//! - `keeper`: the thread beside the redirects
//! - `journal`: the open journal

mod condition;
mod directory;
mod format;
mod inspection;
mod journal;
mod keeper;
mod mapping;
mod reader;
mod recovery;
mod segment;
mod settings;
mod shard;
mod shared;
#[cfg(test)]
mod testing;

pub use condition::{State, Stats};
pub use directory::{
    Listing, SegmentFile, Unfit, damaged_directory, is_journal, quarantine, remove_finished,
    segments,
};
pub use format::{RECORD_LEN_MAX, SEGMENT_LEN, SegmentId};
pub use inspection::{Inspection, SegmentState, inspect, survey};
pub use journal::Journal;
pub use reader::{Liveness, Mark, OpenSegmentError, Progress, SegmentReader};
pub use segment::WritingKind;
pub use settings::{CAPACITY_DEFAULT, Durability, JournalSettings};
pub use shard::{Dropped, Receipt};
pub use shared::{OpenError, SyncFailed};
