//! When counting is healthy.

use super::*;

#[test]
fn a_drain_that_is_stuck_is_not_well_even_if_nothing_failed() {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let counted_to = |age| DrainState { counted_to: Some(now.minus(age)), ..DrainState::default() };
    assert!(counts_in_time(&DrainState::default(), now), "it has not started");
    assert!(counts_in_time(&counted_to(LAG_MAX), now));
    assert!(!counts_in_time(&counted_to(LAG_MAX + Duration::from_millis(1)), now));
    let left = DrainState { skipped_segments: 1, ..counted_to(Duration::ZERO) };
    assert!(!counts_in_time(&left, now));
    let failing = DrainState { failure: Some("no disk".to_owned()), ..counted_to(Duration::ZERO) };
    assert!(!counts_in_time(&failing, now));
}

#[test]
fn a_journal_that_drops_clicks_is_not_well_even_if_nothing_failed() {
    let now = Instant::now();
    let stats = |state, last_drop| Stats {
        state,
        error: None,
        bytes: 0,
        capacity: 0,
        segments: 0,
        records_appended: 0,
        records_dropped: 0,
        last_drop,
        sync_failures: 0,
    };
    assert!(takes_clicks(&stats(JournalState::Working, None), now));
    assert!(!takes_clicks(&stats(JournalState::Full, None), now));
    let dropped = stats(JournalState::Working, Some(now));
    assert!(!takes_clicks(&dropped, now + DROP_AGE_MAX));
    assert!(takes_clicks(&dropped, now + DROP_AGE_MAX + Duration::from_millis(1)));
}
