//! Switching links and accounts on and off.

/// The two statuses that an owner can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Active,
    Disabled,
}
