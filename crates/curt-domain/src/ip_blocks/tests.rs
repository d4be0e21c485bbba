use super::*;

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

#[test]
fn a_network_has_one_text_and_no_bits_behind_its_length() {
    for (given, kept) in [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        (" 203.0.113.7/24 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("2001:DB8::1/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ] {
        assert_eq!(network(given).to_string(), kept);
        assert_eq!(network(kept), network(given));
    }
    for text in
        ["", "203.0.113", "203.0.113.0/33", "example.com", "::ffff:1.2.3.4/90", "1.2.3.4/-1"]
    {
        assert_eq!(text.parse::<Network>(), Err(InvalidNetwork), "{text}");
    }
}

#[test]
fn a_client_is_an_address_or_a_64() {
    let client = |text: &str| Network::of_client(text.parse().unwrap()).to_string();
    assert_eq!(client("203.0.113.7"), "203.0.113.7");
    assert_eq!(client("::ffff:203.0.113.7"), "203.0.113.7");
    assert_eq!(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
}

#[test]
fn loopback_is_found_in_and_around_a_network() {
    for text in ["127.0.0.1", "127.0.0.0/8", "127.3.0.0/16", "0.0.0.0/0", "::1", "::/0", "::/64"] {
        assert!(network(text).touches_loopback(), "{text}");
    }
    for text in ["126.0.0.0/8", "128.0.0.0/1", "2001:db8::/32", "::2"] {
        assert!(!network(text).touches_loopback(), "{text}");
    }
}

#[test]
fn of_an_address_the_log_keeps_its_network() {
    for (network, kept) in [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.0.0/16", "203.0.0.0/16"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ] {
        let network: Network = network.parse().unwrap();
        assert_eq!(network.as_kept().to_string(), kept);
    }
}
