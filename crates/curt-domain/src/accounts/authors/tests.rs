//! The part of a client's address that is kept.

use super::*;

#[test]
fn no_whole_address_is_kept() {
    for (address, network) in [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
    ] {
        let caller = Caller { client: address.parse().ok(), ..Caller::SYSTEM };
        assert_eq!(caller.client_network().unwrap().to_string(), network);
    }
    assert_eq!(Caller::SYSTEM.client_network(), None);
}
