//! Attempts to forge the client's address.

use proptest::prelude::*;

use super::*;

fn client(proxies: &str, peer: &str, values: &[&str]) -> String {
    let proxies: Proxies = proxies.parse().unwrap();
    let values = values.iter().map(|value| value.as_bytes());
    proxies.client(peer.parse().unwrap(), values).to_string()
}

#[test]
fn xff_01_a_stranger_is_who_connected_whatever_it_says() {
    for value in ["1.2.3.4", "10.0.0.1", "::1", "unknown"] {
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &[value]), "203.0.113.9");
        assert_eq!(client("", "203.0.113.9", &[value]), "203.0.113.9");
    }
}

#[test]
fn xff_02_the_client_is_the_last_address_that_is_no_proxy() {
    let behind = |values: &[&str]| client("10.0.0.0/8, 192.0.2.1", "10.0.0.1", values);
    assert_eq!(behind(&["1.2.3.4, 203.0.113.9"]), "203.0.113.9");
    assert_eq!(behind(&["1.2.3.4, 203.0.113.9, 10.7.7.7, 192.0.2.1"]), "203.0.113.9");
    assert_eq!(behind(&["203.0.113.9:4711"]), "203.0.113.9");
    assert_eq!(behind(&["[2001:db8::7]:4711"]), "2001:db8::7");
    assert_eq!(behind(&["[2001:db8::7]"]), "2001:db8::7");
    // All addresses are our proxies: the first one counts.
    assert_eq!(behind(&["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    assert_eq!(behind(&[]), "10.0.0.1");
}

#[test]
fn xff_02_what_is_no_address_ends_the_reading_at_the_last_good_one() {
    let behind = |value: &str| client("10.0.0.0/8", "10.0.0.1", &[value]);
    assert_eq!(behind("203.0.113.9, unknown, 10.0.0.2"), "10.0.0.2");
    assert_eq!(behind("203.0.113.9, _hidden"), "10.0.0.1");
    assert_eq!(behind("203.0.113.9,"), "10.0.0.1");
    assert_eq!(behind("\u{202e}203.0.113.9"), "10.0.0.1");
    assert_eq!(behind("203.0.113.9:99999"), "10.0.0.1");
}

#[test]
fn xff_03_ipv4_in_its_ipv6_form_is_the_same_address() {
    assert_eq!(client("127.0.0.1/32", "::ffff:127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("::ffff:127.0.0.0/104", "127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["203.0.113.9, ::ffff:10.0.0.2"]), "203.0.113.9");
    assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("", "::ffff:203.0.113.9", &[]), "203.0.113.9");
}

#[test]
fn xff_04_several_lines_are_one_list() {
    let lines = ["1.2.3.4", "203.0.113.9", "10.0.0.2"];
    assert_eq!(client("10.0.0.0/8", "10.0.0.1", &lines), "203.0.113.9");
}

#[test]
fn a_list_longer_than_any_row_of_proxies_is_not_read_to_its_end() {
    let many = vec!["10.0.0.2"; 10_000].join(",");
    assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[&format!("1.2.3.4,{many}")]), "10.0.0.2");
}

#[test]
fn networks_are_read_strictly() {
    for text in ["10.0.0.0/33", "10.0.0/8", "localhost", "::ffff:10.0.0.0/64", "10.0.0.1/", "*"] {
        let refused = text.parse::<Proxies>().unwrap_err();
        assert_eq!(refused, InvalidProxies::Malformed { text: text.to_owned() });
    }
    assert!("".parse::<Proxies>().unwrap().is_empty());
    assert!("10.0.0.0/8, ::/0".parse::<Proxies>().unwrap().trusts_everybody());
    assert!(!"10.0.0.0/8".parse::<Proxies>().unwrap().trusts_everybody());
    assert_eq!(vec!["::1"; PROXIES_MAX].join(",").parse::<Proxies>().unwrap().0.len(), PROXIES_MAX);
    let more = vec!["::1"; PROXIES_MAX + 1].join(",");
    assert_eq!(more.parse::<Proxies>(), Err(InvalidProxies::TooMany));
}

proptest! {
    /// Whatever a client writes, the result is the peer itself or the address before the last
    /// proxy.
    #[test]
    fn nobody_is_believed_who_is_not_trusted(value in ".{0,60}", spoofed: u32, real: u32) {
        let real = IpAddr::V4(real.into());
        let proxies: Proxies = "2001:db8::/32".parse().unwrap();
        let direct = proxies.client(real, [value.as_bytes()].into_iter());
        prop_assert_eq!(direct, real);
        let appended = format!("{value}, {}, {real}", IpAddr::V4(spoofed.into()));
        let peer = "2001:db8::1".parse().unwrap();
        prop_assert_eq!(proxies.client(peer, [appended.as_bytes()].into_iter()), real);
    }
}
