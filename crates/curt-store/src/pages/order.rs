//! The lists that have pages, and how they are sorted.

/// Clicks are human clicks, the headline number. Ids settle the order of equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkSort {
    CreatedAt,
    CreatedAtDesc,
    Clicks,
    ClicksDesc,
    ShortCode,
}

/// A list and its order: a cursor is valid only for the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Links(LinkSort),
    /// Deleted links, the latest deletion first.
    Deletions,
    /// The audit log, newest first.
    Audit,
    /// Users, by their ids.
    Users,
}

impl Order {
    pub(super) const fn letter(self) -> char {
        match self {
            Self::Links(LinkSort::CreatedAt) => 'a',
            Self::Links(LinkSort::CreatedAtDesc) => 'A',
            Self::Links(LinkSort::Clicks) => 'c',
            Self::Links(LinkSort::ClicksDesc) => 'C',
            Self::Links(LinkSort::ShortCode) => 's',
            Self::Deletions => 'D',
            Self::Audit => 'L',
            Self::Users => 'U',
        }
    }

    pub(super) fn from_letter(letter: char) -> Option<Self> {
        let sorts = [
            LinkSort::CreatedAt,
            LinkSort::CreatedAtDesc,
            LinkSort::Clicks,
            LinkSort::ClicksDesc,
            LinkSort::ShortCode,
        ];
        let mut all =
            sorts.map(Self::Links).into_iter().chain([Self::Deletions, Self::Audit, Self::Users]);
        all.find(|order| order.letter() == letter)
    }
}
