//! The number of done records, also when an answer, a file or a mark is lost.

use curt_domain::Timestamp;
use curt_journal::SegmentId;

use super::*;

fn segment(number: u128) -> Name {
    (Timestamp::from_millis(0), SegmentId(number))
}

#[test]
fn each_record_is_done_once_whoever_tells_of_it() {
    let (own, earlier) = (segment(1), segment(2));
    let mut done = Done::default();
    done.found(own, 0);
    done.moved(&own, 10);
    done.moved(&earlier, 1_000);
    assert_eq!(done.records(), 10, "what an earlier run has written was never this run's to count");
    // The answer to COMMIT was lost: the segment is found again, with its mark moved.
    done.found(own, 30);
    done.moved(&own, 35);
    assert_eq!(done.records(), 35);
    // The database was restored.
    done.found(own, 5);
    assert_eq!(done.records(), 35);
}

#[test]
fn a_file_that_comes_and_goes_is_right_again_when_all_is_read() {
    let own = segment(1);
    let mut done = Done::default();
    done.found(own, 0);
    done.moved(&own, 10);
    done.keep_listed(&HashSet::new());
    done.all_read(50, 60);
    assert_eq!(done.records(), 50, "who deletes a file ends the wait for what was in it");
    done.found(own, 50);
    assert_eq!(done.records(), 100);
    done.all_read(50, 60);
    assert_eq!(done.records(), 60);
    done.all_read(50, 70);
    assert_eq!(done.records(), 60, "some of what came in between was read, too");
}
