//! The keys that limits count by: clients by their address, users, links, names.

use std::net::IpAddr;

/// Requests with the same key are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey(Who);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Client(Client),
    User(u64),
    Link(u64),
    LinkAndClient(u64, Client),
    Name([u8; NAME_LEN]),
}

/// Bytes of a name's hash: enough to make collisions infeasible.
const NAME_LEN: usize = 16;

/// An IPv4 address, or the /64 of an IPv6 address, the smallest block that one customer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    V4(u32),
    V6(u64),
}

impl Client {
    fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }

    /// The client's network, whose addresses may belong to the same person: a /16 or a /48.
    const fn network(self) -> Self {
        match self {
            Self::V4(address) => Self::V4(address & 0xffff_0000),
            Self::V6(prefix) => Self::V6(prefix & 0xffff_ffff_ffff_0000),
        }
    }
}

impl LimitKey {
    /// IPv4 in its IPv6 form counts as IPv4.
    pub fn client(address: IpAddr) -> Self {
        Self(Who::Client(Client::new(address)))
    }

    /// A user, with any of their keys and sessions.
    pub fn user(id: u64) -> Self {
        Self(Who::User(id))
    }

    /// A link, for all clients together.
    pub fn link(id: u64) -> Self {
        Self(Who::Link(id))
    }

    pub fn link_and_client(link: u64, address: IpAddr) -> Self {
        Self(Who::LinkAndClient(link, Client::new(address)))
    }

    /// A name, by its cryptographic hash: people choose names, and must not be able to cause
    /// collisions.
    pub fn name(hash: [u8; NAME_LEN]) -> Self {
        Self(Who::Name(hash))
    }

    /// The bucket shared with similar keys if there is no room for a separate one.
    pub(super) fn neighbours(self) -> Option<Slot> {
        match self.0 {
            Who::Client(client) | Who::LinkAndClient(_, client) => {
                Some(Slot::Network(client.network()))
            }
            Who::Link(id) => Some(Slot::Links(id % LINK_BUCKETS)),
            Who::User(_) | Who::Name(_) => None,
        }
    }
}

/// Buckets that links share: so many that a flood at some links leaves most others alone, and few
/// enough to fit beside the separate buckets.
const LINK_BUCKETS: u64 = 1024;

/// A place in the table: a key's own bucket, or one shared by keys for which there was no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Own(LimitKey),
    Network(Client),
    Links(u64),
    Everybody,
}

impl Slot {
    pub(super) const fn is_shared(self) -> bool {
        !matches!(self, Self::Own(_))
    }
}
