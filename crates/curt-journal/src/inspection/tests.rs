//! A segment is only called sound if all of it was read.

use super::*;
use crate::{
    reader::window::UNREADABLE,
    testing::{long_segment, quick_directory},
};

#[test]
fn a_sector_that_cannot_be_read_is_an_error_behind_records_that_can() {
    let directory = quick_directory();
    let (segment, records) = long_segment(directory.path());
    let mut handed_over = 0;
    let mut inspect = |liveness| inspect(&segment, liveness, &mut |_| handed_over += 1);
    UNREADABLE.set(300_000..304_096);
    for liveness in [Liveness::Live, Liveness::Ended] {
        assert!(matches!(inspect(liveness), Err(OpenSegmentError::Io(_))), "{liveness:?}");
    }
    UNREADABLE.set(0..0);
    let sound = inspect(Liveness::Ended).unwrap();
    let expected = (SegmentState::Sealed, records, false);
    assert_eq!((sound.state, sound.records, sound.is_damaged), expected);
    assert!(records < handed_over, "some were handed over before");
}
