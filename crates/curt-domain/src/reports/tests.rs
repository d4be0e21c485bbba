//! The names of reasons and states.

use super::*;

#[test]
fn words_are_read_back() {
    for reason in ReportReason::ALL {
        assert_eq!(ReportReason::from_word(reason.as_str()), Some(reason));
    }
    for state in ReportState::ALL {
        assert_eq!(ReportState::from_word(state.as_str()), Some(state));
    }
    assert_eq!(ReportReason::from_word("Spam"), None);
}
