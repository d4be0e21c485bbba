//! Blocked clients: addresses and networks that are refused, by which author and until when.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

use crate::{
    accounts::{NETWORK_LEN_V4, NETWORK_LEN_V6},
    clients::{InvalidProxies, network},
    ids::{BlockId, UserId},
    texts::{InvalidText, checked},
    time::Timestamp,
};

/// Longest reason, in characters: a line of a list.
pub const BLOCK_REASON_LEN_MAX: usize = 200;

/// Most blocks of each kind: every node has all of them in memory, 10 000 in about a megabyte.
pub const BLOCKS_MAX: u32 = 10_000;

/// Bits of an IPv6 address that identify a client: the smallest block that one customer gets.
const CLIENT_PREFIX_LEN: u8 = 64;

/// An address or a network, without host bits; IPv4 is never in its IPv6 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is neither an IP address nor a network such as 203.0.113.0/24")]
pub struct InvalidNetwork;

impl Network {
    /// The client behind an address: the address itself, or its IPv6 /64.
    pub fn of_client(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let len = if address.is_ipv4() { 32 } else { CLIENT_PREFIX_LEN };
        let network = IpNet::new(address, len).expect("both lengths fit their kind of address");
        Self(network.trunc())
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether it contains a loopback address: proxies and health checks come from there.
    pub fn touches_loopback(&self) -> bool {
        ["127.0.0.0/8", "::1/128"].iter().any(|loopback| {
            let loopback: IpNet = loopback.parse().expect("a network by its syntax");
            self.0.contains(&loopback) || loopback.contains(&self.0)
        })
    }

    /// As the log keeps it: a single address is reduced to its network, see
    /// [`Caller::client_network`](crate::Caller::client_network).
    #[must_use]
    pub fn as_kept(&self) -> Self {
        let len = if self.0.addr().is_ipv4() { NETWORK_LEN_V4 } else { NETWORK_LEN_V6 };
        let len = len.min(self.0.prefix_len());
        let kept = IpNet::new(self.0.addr(), len).expect("it is no longer than it was");
        Self(kept.trunc())
    }

    pub fn first(&self) -> IpAddr {
        self.0.network()
    }

    pub fn last(&self) -> IpAddr {
        self.0.broadcast()
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let parsed = network(text.trim());
        parsed.map(|network| Self(network.trunc())).map_err(|_: InvalidProxies| InvalidNetwork)
    }
}

/// An address alone, a network with its length.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

/// Why a client was blocked, for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockReason(Box<str>);

impl BlockReason {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        Ok(Self(checked(text, BLOCK_REASON_LEN_MAX, char::is_control)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a block goes. Offices and carriers share addresses, so automatic blocks do not stop
/// redirects of existing links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// Made by hand: everything is refused.
    Manual,
    /// Made after too many refused requests: the API and unknown codes are refused.
    Automatic,
}

impl BlockKind {
    pub const ALL: [Self; 2] = [Self::Manual, Self::Automatic];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Automatic => "automatic",
        }
    }
}

/// A block as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpBlock {
    pub id: BlockId,
    pub network: Network,
    pub kind: BlockKind,
    pub reason: Option<BlockReason>,
    pub created_at: Timestamp,
    /// The user who made it, if a user did.
    pub created_by: Option<UserId>,
    /// When the block ends; without it, the block holds until it is lifted.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
