//! What a click counts as, and the totals of a link by class.

/// The one class that every click has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClickClass {
    /// A person, as far as the request tells.
    Human,
    /// A program that says so in its user agent.
    Bot,
    /// A messenger or social network that shows its users what is behind a link.
    Preview,
    /// A browser that loads ahead of a click that may never come.
    Prefetch,
    /// Looked like a person, behaved like a machine; decided after the redirect.
    Suspicious,
}

/// Clicks of one link by class; the headline number is `human`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClickTotals {
    pub human: u64,
    pub bot: u64,
    pub preview: u64,
    pub prefetch: u64,
    pub suspicious: u64,
}

impl ClickTotals {
    /// The sum of the five classes.
    pub const fn total(&self) -> u64 {
        self.human + self.bot + self.preview + self.prefetch + self.suspicious
    }
}
