//! AUTH-04: which browsers are known.

use super::*;

#[test]
fn auth_04_a_browser_is_known_for_its_user_for_half_a_year() {
    let devices = Devices::new(&SecretKey::new(&[7; 32]).unwrap());
    let others = Devices::new(&SecretKey::new(&[8; 32]).unwrap());
    let [user, other] = [12, 13].map(|id| UserId::new(id).unwrap());
    let now = Timestamp::from_millis(1_800_000_000_000);
    let cookie = devices.cookie(user, now);
    assert!(devices.knows(&cookie, user, now));
    assert!(!devices.knows(&cookie, other, now));
    assert!(!devices.knows(&cookie, user, now.plus(DEVICE_AGE_MAX)));
    assert!(!devices.knows(&others.cookie(user, now), user, now));
    assert!(!devices.knows(&cookie.replacen("12", "13", 1), other, now));
    for junk in ["", ".", "...", "12", &cookie[1..], &cookie[..cookie.len() - 1]] {
        assert!(!devices.knows(junk, user, now), "{junk}");
    }
}
