//! When a segment is retried, and when the log reports it.

use std::io::ErrorKind;

use super::*;

fn segment(millis: i64) -> Name {
    (Timestamp::from_millis(millis), SegmentId(7))
}

fn unreadable(kind: ErrorKind) -> SkipReason {
    SkipReason::Unreadable(kind.into())
}

#[test]
fn a_segment_that_cannot_be_read_again_and_again_is_told_once() {
    let segment = segment(1);
    let (mut skipped, listed) = (SkippedSegments::default(), HashSet::from([segment]));
    let denied = || unreadable(ErrorKind::PermissionDenied);
    let mut now = Instant::now();
    assert!(skipped.may_be_read(&segment, &listed, now));
    assert!(skipped.is_news(&segment, &denied()));
    for _ in 0..3 {
        skipped.add(segment, denied(), now);
        assert!(!skipped.may_be_read(&segment, &listed, now));
        now += UNREADABLE_PAUSE;
        assert!(skipped.may_be_read(&segment, &listed, now));
        assert!(!skipped.is_news(&segment, &denied()));
        assert_eq!(skipped.count(), 1, "health tells of it all the time");
    }
    assert!(skipped.is_news(&segment, &unreadable(ErrorKind::TimedOut)), "another reason");
    skipped.has_been_read(&segment);
    assert_eq!(skipped.count(), 0);
    assert!(skipped.is_news(&segment, &denied()), "it had been well");
}

#[test]
fn a_copy_is_read_once_the_other_one_is_gone() {
    let (copy, other) = (segment(1), segment(0));
    let (mut skipped, now) = (SkippedSegments::default(), Instant::now());
    skipped.add(copy, SkipReason::Repeated, now);
    assert!(!skipped.may_be_read(&copy, &HashSet::from([copy, other]), now));
    assert!(skipped.may_be_read(&copy, &HashSet::from([copy]), now));
    skipped.add(other, SkipReason::Foreign, now);
    assert!(skipped.may_be_read(&copy, &HashSet::from([copy, other]), now));
    skipped.keep_listed(&HashSet::from([other]));
    assert_eq!(skipped.count(), 1);
}
