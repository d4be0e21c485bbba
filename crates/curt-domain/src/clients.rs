//! The client that a request came from when proxies are in front of us.
//!
//! Any client can write a header, but not change what a trusted proxy appends to it. So the header
//! is read from its end, and only as far as trusted proxies vouch for it.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;

/// Most proxy networks: large content networks publish some dozens.
pub const PROXIES_MAX: usize = 256;

/// Most addresses read from one request: more proxies than any deployment has in a row.
const HOPS_MAX: usize = 32;

/// The networks whose word about a client is trusted. By default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxies {
    #[error("{text:?} is neither an IP address nor a network such as 10.0.0.0/8")]
    Malformed { text: String },
    #[error("has more than {PROXIES_MAX} networks")]
    TooMany,
}

impl Proxies {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all addresses of a kind are in one network, so that every header is believed.
    pub fn trusts_everybody(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Whether this address is one of our proxies. IPv4 may come in its IPv6 form, as it does on a
    /// dual-stack listener.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind a connection from `peer`, which sent these values of the header that
    /// proxies append to, in this order.
    ///
    /// Read from the end: the last address that is not one of our proxies is the client. Reading
    /// stops at text that is not an address, and the last valid address counts.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        values: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = values.rev().flat_map(|value| value.rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS_MAX) {
            if !self.trusts(client) {
                break;
            }
            match hop_address(hop) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop.trim_ascii()).ok()?;
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let address: Option<IpAddr> = text.parse().ok();
    address.or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

impl FromStr for Proxies {
    type Err = InvalidProxies;

    /// Networks and single addresses, separated by commas.
    fn from_str(text: &str) -> Result<Self, InvalidProxies> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks: Vec<IpNet> = parts.map(network).collect::<Result<_, _>>()?;
        if PROXIES_MAX < networks.len() { Err(InvalidProxies::TooMany) } else { Ok(Self(networks)) }
    }
}

/// In canonical form, so that `::ffff:10.0.0.0/104` trusts the same addresses as `10.0.0.0/8`.
pub(crate) fn network(text: &str) -> Result<IpNet, InvalidProxies> {
    const MAPPED_PREFIX_LEN: u8 = 96;
    let malformed = || InvalidProxies::Malformed { text: text.chars().take(100).collect() };
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network: IpNet = text.parse().ok().or_else(address).ok_or_else(malformed)?;
    let canonical = network.addr().to_canonical();
    let prefix_len = match (network.addr(), canonical) {
        (IpAddr::V6(_), IpAddr::V4(_)) => network.prefix_len().checked_sub(MAPPED_PREFIX_LEN),
        _ => Some(network.prefix_len()),
    };
    IpNet::new(canonical, prefix_len.ok_or_else(malformed)?).map_err(|_| malformed())
}

#[cfg(test)]
mod tests;
