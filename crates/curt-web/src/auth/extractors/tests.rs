//! Which callers count as the same.

use curt_store::REPLAY_KEY_LEN_MAX;

use super::*;

#[test]
fn strangers_are_told_apart_by_address_and_body() {
    let anonymous = |address: &str, body_hash: [u8; 32]| {
        Creator::Anonymous(address.parse().unwrap()).name(&body_hash)
    };
    let name = anonymous("192.0.2.1", [0xa5; 32]);
    assert_eq!(name, format!("anonymous 192.0.2.1 {}", "a5".repeat(32)));
    assert_ne!(anonymous("192.0.2.1", [1; 32]), anonymous("192.0.2.1", [2; 32]));
    assert_ne!(anonymous("2001:db8::1", [1; 32]), anonymous("2001:db8::2", [1; 32]));

    let longest = anonymous("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", [0xff; 32]);
    assert!(longest.len() <= REPLAY_KEY_LEN_MAX, "{longest}");
}
