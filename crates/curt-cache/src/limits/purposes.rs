//! The purposes that are limited.

/// An action that is worth counting. Each purpose has a separate limit and separate memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Any request with a key or token.
    Authenticated,
    /// Any request to the API without one.
    Anonymous,
    Registration,
    Login,
    /// A checked password of a link, right or wrong.
    Unlock,
    /// A wrong password, for one link and one client.
    LinkPassword,
    /// A wrong password, for one link and all clients together.
    LinkGuess,
    /// A visit to a code that no link has.
    UnknownCode,
    /// A report of a link.
    Report,
    /// A key or session that was not found.
    WrongKey,
    /// A request that a limit refused: after too many, the client is blocked for a while.
    Refusal,
}

impl Purpose {
    pub const ALL: [Self; 11] = [
        Self::Authenticated,
        Self::Anonymous,
        Self::Registration,
        Self::Login,
        Self::Unlock,
        Self::LinkPassword,
        Self::LinkGuess,
        Self::UnknownCode,
        Self::Report,
        Self::WrongKey,
        Self::Refusal,
    ];

    /// Its name in metrics and in the headers of answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Anonymous => "anonymous",
            Self::Registration => "registration",
            Self::Login => "login",
            Self::Unlock => "unlock",
            Self::LinkPassword => "link_password",
            Self::LinkGuess => "link_guess",
            Self::UnknownCode => "unknown_code",
            Self::Report => "report",
            Self::WrongKey => "wrong_key",
            Self::Refusal => "refusal",
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}
