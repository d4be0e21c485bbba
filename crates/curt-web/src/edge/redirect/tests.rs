//! The statuses of redirects.

use super::*;

#[test]
fn every_status_of_a_link_is_answered_as_itself() {
    for code in [301, 302, 307, 308] {
        let redirect = RedirectStatus::from_code(code).unwrap();
        assert_eq!(status(redirect).as_u16(), code);
    }
}
