//! No header makes an address the client unless a trusted proxy vouches for it.

#![no_main]

use std::net::IpAddr;

use curt_domain::Proxies;
use libfuzzer_sys::fuzz_target;

const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

fuzz_target!(|input: (Vec<&[u8]>, u32, &str)| {
    let (values, real, networks) = input;
    let proxies: Proxies = "10.0.0.0/8, 2001:db8::/32".parse().unwrap();
    let real = IpAddr::V4(real.into());
    let client = |peer| proxies.client(peer, values.iter().copied());

    // A peer that is not a proxy is the client.
    if !proxies.trusts(real) {
        assert_eq!(client(real), real);
        // Behind a proxy the client is the last address that the proxy wrote.
        let written = real.to_string();
        let appended = values.iter().copied().chain([written.as_bytes()]);
        assert_eq!(proxies.client(PROXY, appended.collect::<Vec<_>>().into_iter()), real);
    }
    // An IPv4 client is always written as IPv4.
    assert_eq!(client(PROXY).to_canonical(), client(PROXY));

    // Accepted networks are trusted, and an empty list trusts nothing.
    if let Ok(networks) = networks.parse::<Proxies>() {
        assert!(!networks.is_empty() || !networks.trusts(real));
    }
});
