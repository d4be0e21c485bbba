//! Accounts: who users are, what they may do, and how they prove it.

use crate::{
    ids::UserId,
    texts::{InvalidText, checked},
};

mod authors;
mod emails;
mod passwords;
mod scopes;
mod tokens;
mod users;

pub use authors::{AUTHOR_NAME_LEN_MAX, Author, Caller, Login};
pub(crate) use authors::{NETWORK_LEN_V4, NETWORK_LEN_V6};
pub use emails::{EMAIL_LEN_MAX, Email, InvalidEmail};
pub use passwords::{
    LINK_PASSWORD_LEN_MIN, NewPassword, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN, Password, PasswordHash,
    PasswordUse, WeakPassword,
};
pub use scopes::{InvalidScope, Role, Scope, Scopes};
pub use tokens::{ApiKey, InvalidToken, Token, TokenHash};
pub use users::{User, UserEdit};

/// Longest name of a person, in characters.
pub const FULL_NAME_LEN_MAX: usize = 200;

/// Longest name of an API key, in characters: one line of a list.
pub const KEY_NAME_LEN_MAX: usize = 100;

/// Whose links a caller may see and change. Other users' links do not exist for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    All,
    Of(UserId),
}

impl Access {
    pub fn includes(self, owner: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::Of(user) => owner == Some(user),
        }
    }
}

/// The name of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullName(Box<str>);

impl FullName {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        Ok(Self(checked(text, FULL_NAME_LEN_MAX, char::is_control)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that its owner gave an API key, to tell it from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(Box<str>);

impl KeyName {
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        Ok(Self(checked(text, KEY_NAME_LEN_MAX, char::is_control)?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
