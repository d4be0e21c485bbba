//! A segment is only called sound when all of it was read.

use super::*;
use crate::{
    RECORD_LEN_MAX, WritingKind,
    reader::window::UNREADABLE,
    segments,
    testing::{append, open, quick_directory},
};

#[test]
fn a_sector_that_cannot_be_read_is_an_error_behind_records_that_can() {
    let directory = quick_directory();
    let journal = open(directory.path(), WritingKind::Pwrite);
    for _ in 0..100 {
        append(&journal, &[1; RECORD_LEN_MAX]);
    }
    journal.close();
    let segment = segments(directory.path()).unwrap().segments.remove(0);
    let mut records = 0;
    let mut inspect = |liveness| inspect(&segment, liveness, &mut |_| records += 1);
    UNREADABLE.set(300_000..304_096);
    for liveness in [Liveness::Live, Liveness::Ended] {
        assert!(matches!(inspect(liveness), Err(OpenSegmentError::Io(_))), "{liveness:?}");
    }
    UNREADABLE.set(0..0);
    let sound = inspect(Liveness::Ended).unwrap();
    assert_eq!((sound.state, sound.records, sound.is_damaged), (SegmentState::Sealed, 100, false));
    assert!(100 < records, "some were handed over before");
}
