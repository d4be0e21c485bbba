//! Identifiers of stored things: numbers, with a type for each kind of thing.

use std::fmt;

/// The first number that is not an id, so that JSON readers keep all ids exact.
pub(crate) const ID_END: u64 = 1 << 53;

/// Identifies a link permanently; below 2^53, so that JSON readers keep it exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(u64);

impl LinkId {
    pub fn new(id: u64) -> Option<Self> {
        (id < ID_END).then_some(Self(id))
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a user permanently; below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(u64);

/// Identifies an API key permanently; below 2^53. Not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u64);

impl UserId {
    pub fn new(id: u64) -> Option<Self> {
        (id < ID_END).then_some(Self(id))
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl KeyId {
    pub fn new(id: u64) -> Option<Self> {
        (id < ID_END).then_some(Self(id))
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a block permanently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(u64);

impl BlockId {
    pub fn new(id: u64) -> Option<Self> {
        (id < ID_END).then_some(Self(id))
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}
