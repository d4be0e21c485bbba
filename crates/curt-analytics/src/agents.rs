//! Remembered classes of user agents: most clicks share a few hundred of them.

use std::collections::HashMap;

use curt_domain::{ClickClass, classify};
use foldhash::fast::RandomState;

/// User agents remembered; at their maximum length they take 4 MiB.
const AGENTS_MAX: usize = 8_192;

#[derive(Debug, Default)]
pub(crate) struct Agents {
    classes: HashMap<Box<[u8]>, ClickClass, RandomState>,
}

impl Agents {
    /// The class that follows from the user agent alone.
    pub(crate) fn class(&mut self, user_agent: &[u8]) -> ClickClass {
        if let Some(class) = self.classes.get(user_agent) {
            return *class;
        }
        let class = classify(user_agent);
        // A flood of invented user agents costs time, but no memory.
        if AGENTS_MAX <= self.classes.len() {
            self.classes.clear();
        }
        self.classes.insert(user_agent.into(), class);
        class
    }
}

#[cfg(test)]
mod tests;
