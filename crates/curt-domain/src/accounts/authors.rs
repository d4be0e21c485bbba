//! Authors: who does something, whose things they may touch, and what is kept about it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Access, TokenHash};
use crate::ids::{KeyId, UserId};

/// Longest name of an author that is kept, in characters; what the operating system calls a person.
pub const AUTHOR_NAME_LEN_MAX: usize = 100;

/// How much of a client's address is kept: enough to tell a network, too little for a household.
pub(crate) const NETWORK_LEN_V4: u8 = 24;
pub(crate) const NETWORK_LEN_V6: u8 = 48;

/// Who did something, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// Whoever has the configured administrator's key.
    AdminKey,
    User(UserId),
    Key(UserId, KeyId),
    /// Somebody on the server itself, by the name that the operating system has for them.
    CommandLine(String),
    Anonymous,
    /// The program by itself.
    System,
}

impl Author {
    /// The user who acted, also through a key.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Key(user, _) => Some(*user),
            Self::AdminKey | Self::CommandLine(_) | Self::Anonymous | Self::System => None,
        }
    }
}

/// What a person is logged in with. It can end at any moment, also while they ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// A browser's session, by its token.
    Session(TokenHash),
    /// Whose program's tokens, by the name of their family.
    Family { user: UserId, token: TokenHash },
}

/// Who asks for a change, from where, and whose things they may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub access: Access,
    pub author: Author,
    pub client: Option<IpAddr>,
    /// What a person is logged in with; absent for keys and whatever is no person.
    pub login: Option<Login>,
}

impl Caller {
    /// The program by itself.
    pub const SYSTEM: Self =
        Self { access: Access::All, author: Author::System, client: None, login: None };

    /// What of the client's address may be kept.
    pub fn client_network(&self) -> Option<IpNet> {
        let address = self.client?.to_canonical();
        let len = if address.is_ipv4() { NETWORK_LEN_V4 } else { NETWORK_LEN_V6 };
        IpNet::new(address, len).ok().map(|network| network.trunc())
    }
}

#[cfg(test)]
mod tests;
