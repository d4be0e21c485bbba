//! LPW-03: what opens a link, and until when.

use super::*;

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn unlocks(byte: u8) -> Unlocks {
    Unlocks::new(&SecretKey::new(&[byte; 32]).unwrap())
}

#[test]
fn lpw_03_a_cookie_opens_one_link_with_one_password_for_ten_minutes() {
    let (ours, link) = (unlocks(1), LinkId::new(7).unwrap());
    let password = PasswordHash::new("$argon2id$a");
    let cookie = ours.cookie(link, &password, now());
    let last = now().plus(UNLOCK_AGE_MAX).minus(Duration::from_millis(1));
    for (at, opens) in [
        (now(), true),
        (last, true),
        (now().plus(UNLOCK_AGE_MAX), false),
        (now().minus(UNLOCK_AGE_MAX), false),
    ] {
        assert_eq!(ours.opens(&cookie, link, &password, at), opens, "{at}");
    }
    assert!(!ours.opens(&cookie, LinkId::new(8).unwrap(), &password, now()));
    assert!(!ours.opens(&cookie, link, &PasswordHash::new("$argon2id$b"), now()));
    assert!(!unlocks(2).opens(&cookie, link, &password, now()));
}

#[test]
fn lpw_03_nobody_makes_or_lengthens_a_cookie() {
    let (ours, link) = (unlocks(1), LinkId::new(7).unwrap());
    let password = PasswordHash::new("$argon2id$a");
    let cookie = ours.cookie(link, &password, now());
    let (until, mac) = cookie.split_once('.').unwrap();
    let later = until.parse::<i64>().unwrap() + 1;
    let long = format!("{}.{mac}", i64::MAX);
    for forged in ["", ".", mac, until, &format!("{until}."), &format!("{later}.{mac}"), &long] {
        assert!(
            !ours.opens(forged, link, &password, now().plus(Duration::from_secs(1))),
            "{forged}"
        );
    }
}
