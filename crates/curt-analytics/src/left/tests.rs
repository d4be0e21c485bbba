//! When a segment is tried again, and when the log hears of it.

use std::io::ErrorKind;

use super::*;

fn segment(millis: i64) -> Name {
    (Timestamp::from_millis(millis), SegmentId(7))
}

fn unreadable(kind: ErrorKind) -> LeftBecause {
    LeftBecause::Unreadable(kind.into())
}

#[test]
fn a_segment_that_cannot_be_read_again_and_again_is_told_once() {
    let segment = segment(1);
    let (mut left, listed) = (LeftSegments::default(), HashSet::from([segment]));
    let denied = || unreadable(ErrorKind::PermissionDenied);
    let mut now = Instant::now();
    assert!(left.may_be_read(&segment, &listed, now));
    assert!(left.is_news(&segment, &denied()));
    for _ in 0..3 {
        left.leave(segment, denied(), now);
        assert!(!left.may_be_read(&segment, &listed, now));
        now += UNREADABLE_PAUSE;
        assert!(left.may_be_read(&segment, &listed, now));
        assert!(!left.is_news(&segment, &denied()));
        assert_eq!(left.count(), 1, "health tells of it all the time");
    }
    assert!(left.is_news(&segment, &unreadable(ErrorKind::TimedOut)), "another reason");
    left.has_been_read(&segment);
    assert_eq!(left.count(), 0);
    assert!(left.is_news(&segment, &denied()), "it had been well");
}

#[test]
fn a_copy_is_read_once_the_other_one_is_gone() {
    let (copy, other) = (segment(1), segment(0));
    let (mut left, now) = (LeftSegments::default(), Instant::now());
    left.leave(copy, LeftBecause::Repeated, now);
    assert!(!left.may_be_read(&copy, &HashSet::from([copy, other]), now));
    assert!(left.may_be_read(&copy, &HashSet::from([copy]), now));
    left.leave(other, LeftBecause::Foreign, now);
    assert!(left.may_be_read(&copy, &HashSet::from([copy, other]), now));
    left.keep_listed(&HashSet::from([other]));
    assert_eq!(left.count(), 1);
}
