//! Whom a limit counts: clients by their address, users, links, names.

use std::net::IpAddr;

/// Whose requests are counted together.
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

/// Bytes of a name's hash: enough that nobody finds two names with the same.
const NAME_LEN: usize = 16;

/// An IPv4 address, or the /64 of an IPv6 address, which is the least that one customer gets.
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

    /// With its neighbours, who may be the same person: a /16 or a /48.
    const fn network(self) -> Self {
        match self {
            Self::V4(address) => Self::V4(address & 0xffff_0000),
            Self::V6(prefix) => Self::V6(prefix & 0xffff_ffff_ffff_0000),
        }
    }
}

impl LimitKey {
    /// IPv4 in its IPv6 form is IPv4.
    pub fn client(address: IpAddr) -> Self {
        Self(Who::Client(Client::new(address)))
    }

    /// A user, whichever of their keys and sessions they come with.
    pub fn user(id: u64) -> Self {
        Self(Who::User(id))
    }

    /// A link, whoever asks.
    pub fn link(id: u64) -> Self {
        Self(Who::Link(id))
    }

    pub fn link_and_client(link: u64, address: IpAddr) -> Self {
        Self(Who::LinkAndClient(link, Client::new(address)))
    }

    /// A name, by its cryptographic hash: people choose names, and must not choose whose they meet.
    pub fn name(hash: [u8; NAME_LEN]) -> Self {
        Self(Who::Name(hash))
    }

    /// The bucket for those like it when there is no room for one of its own.
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

/// Buckets that links share: so many that a flood at some links leaves most others alone, and fewer
/// than there is room for beside the keys' own.
const LINK_BUCKETS: u64 = 1024;

/// A place in the table: a key's own, or one that is shared by those for whom there was no room.
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
