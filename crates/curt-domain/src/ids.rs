//! What identifies the things that are stored: numbers, a type for each kind of thing.

use std::fmt;

/// First number that is no id, so that JSON readers keep all of them exact.
pub(crate) const ID_END: u64 = 1 << 53;

/// A type for each kind of thing, all alike, so that no id is taken for one of another kind.
macro_rules! ids {
    ($($(#[$about:meta])* $name:ident;)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            pub fn new(id: u64) -> Option<Self> {
                (id < ID_END).then_some(Self(id))
            }

            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// Identifies a link; below 2^53, so that JSON readers keep it exact.
    LinkId;
    /// Identifies a user; below 2^53.
    UserId;
    /// Identifies an API key; below 2^53. It is no secret.
    KeyId;
    /// Identifies an invitation; below 2^53. It is no secret.
    InviteId;
    /// Identifies a block of clients; below 2^53.
    BlockId;
    /// Identifies an entry of the list of blocked targets; below 2^53.
    TargetBlockId;
    /// Identifies a report of abuse; below 2^53.
    ReportId;
}
