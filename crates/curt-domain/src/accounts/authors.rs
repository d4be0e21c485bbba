//! Authors: who did something, for the audit log.

use super::{KeyId, UserId};

/// Longest name of an author that is kept, in characters; what the operating system calls a person.
pub const AUTHOR_NAME_LEN_MAX: usize = 100;

/// Who did something.
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
