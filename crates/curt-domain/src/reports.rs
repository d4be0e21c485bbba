//! Reports: what visitors say is wrong with a link's destination, and the decisions.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportReason {
    Phishing,
    Malware,
    Spam,
    Illegal,
    Other,
}

impl ReportReason {
    pub const ALL: [Self; 5] =
        [Self::Phishing, Self::Malware, Self::Spam, Self::Illegal, Self::Other];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phishing => "phishing",
            Self::Malware => "malware",
            Self::Spam => "spam",
            Self::Illegal => "illegal",
            Self::Other => "other",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Not decided yet.
    Open,
    Dismissed,
    /// The link was disabled for visitors.
    Disabled,
    /// The host of its target was blocked.
    HostBlocked,
}

impl ReportState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Dismissed, Self::Disabled, Self::HostBlocked];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dismissed => "dismissed",
            Self::Disabled => "disabled",
            Self::HostBlocked => "host_blocked",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests;
