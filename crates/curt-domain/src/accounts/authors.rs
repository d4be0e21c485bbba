//! Authors: who acts, which data they may access, and what the log keeps about them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Access, TokenHash};
use crate::ids::{KeyId, UserId};

/// Longest author name that is kept, in characters; the name is the operating system's user name.
pub const AUTHOR_NAME_LEN_MAX: usize = 100;

/// How much of a client's address is kept: enough to identify a network, too little for a
/// household.
pub(crate) const NETWORK_LEN_V4: u8 = 24;
pub(crate) const NETWORK_LEN_V6: u8 = 48;

/// Who did something, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The holder of the configured administrator's key.
    AdminKey,
    User(UserId),
    Key(UserId, KeyId),
    /// A user of the server's command line, by their name in the operating system.
    CommandLine(String),
    Anonymous,
    /// The program itself.
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

/// A person's login. It can end at any moment, even during a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// A browser's session, by its token.
    Session(TokenHash),
    /// The tokens of a user's program, by the name of their family.
    Family { user: UserId, token: TokenHash },
}

/// Who asks for a change, from where, and which data they may access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub access: Access,
    pub author: Author,
    pub client: Option<IpAddr>,
    /// A person's login; absent for keys and other callers.
    pub login: Option<Login>,
}

impl Caller {
    /// The program itself.
    pub const SYSTEM: Self =
        Self { access: Access::All, author: Author::System, client: None, login: None };

    /// The part of the client's address that may be kept.
    pub fn client_network(&self) -> Option<IpNet> {
        let address = self.client?.to_canonical();
        let len = if address.is_ipv4() { NETWORK_LEN_V4 } else { NETWORK_LEN_V6 };
        IpNet::new(address, len).ok().map(|network| network.trunc())
    }
}

#[cfg(test)]
mod tests;
