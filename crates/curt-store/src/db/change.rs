//! Changes to data that nodes keep in memory.

use curt_domain::Timestamp;

/// What kind of thing changed, which determines the meaning of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The key is the link's code.
    Link,
    /// The list of blocked destinations; the key is the id of the entry, or of the first of
    /// several.
    TargetBlocks,
    /// The list of blocked clients; the key is the id of the block that was added or lifted.
    IpBlocks,
}

impl ChangeKind {
    pub(in crate::db) const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::TargetBlocks => "target_blocks",
            Self::IpBlocks => "ip_blocks",
        }
    }

    /// `None` for kinds of newer releases: they concern nothing that this release has.
    pub(crate) fn from_str(word: &str) -> Option<Self> {
        match word {
            "link" => Some(Self::Link),
            "target_blocks" => Some(Self::TargetBlocks),
            "ip_blocks" => Some(Self::IpBlocks),
            _ => None,
        }
    }
}

/// A change that its transaction has made but not committed, so it has no number yet.
#[derive(Debug)]
pub(crate) struct NewChange {
    pub(crate) kind: ChangeKind,
    pub(crate) key: String,
    pub(crate) at: Timestamp,
}
