//! What is limited.

/// What is done that is worth counting. Each purpose has a limit and a memory of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Any request with a key or token.
    Authenticated,
    /// Any request to the API without one.
    Anonymous,
    Registration,
    Login,
    /// A password of a link that is looked at, right or wrong.
    Unlock,
    /// A wrong one, at one link by one client.
    LinkPassword,
    /// The same by all clients together.
    LinkGuess,
    /// A visit of a code that no link has.
    UnknownCode,
    /// A report of a link.
    Report,
    /// A key or session that was looked up in vain.
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
