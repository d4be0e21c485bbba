//! This node's copy of the blocked destinations, and what they mean for links in memory.
//!
//! A link is judged when it is first followed after it was loaded, and again if the list has
//! changed since; the judgement is kept with the link. While the list is empty, a check is one
//! load.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use curt_domain::{TargetPattern, TargetPatterns, TargetUrl};

use crate::route::CachedRoute;

/// The current list. Another one replaces it as a whole.
#[derive(Debug, Default)]
pub struct TargetBlocks {
    /// The generation of the current list; 0 while the list is empty.
    generation: AtomicU64,
    current: RwLock<Arc<Current>>,
}

#[derive(Debug, Default)]
struct Current {
    /// The number of lists so far.
    generation: u64,
    list: TargetPatterns,
}

/// The list's judgement of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judgement {
    pub target_blocked: bool,
    pub fallback_blocked: bool,
}

const TARGET_BIT: u64 = 1;
const FALLBACK_BIT: u64 = 2;
const BITS: u32 = 2;

impl TargetBlocks {
    /// Replaces the current list.
    pub fn replace(&self, list: TargetPatterns) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let generation = current.generation + 1;
        let shown = if list.is_empty() { 0 } else { generation };
        *current = Arc::new(Current { generation, list });
        // A reader that sees the number also finds the list, or a later one.
        self.generation.store(shown, Ordering::Release);
        drop(current);
    }

    /// The pattern that blocks this target, if one does.
    pub fn find(&self, target: &TargetUrl) -> Option<TargetPattern> {
        if self.generation.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.current().list.find(target)
    }

    /// The judgement of a link in memory: two loads, unless the list is new to the link.
    pub fn judge(&self, cached: &CachedRoute) -> Judgement {
        let generation = self.generation.load(Ordering::Acquire);
        if generation == 0 {
            return Judgement::default();
        }
        let judged = cached.judged.0.load(Ordering::Relaxed);
        if judged >> BITS == generation {
            return Judgement::of_bits(judged);
        }
        self.judge_anew(cached)
    }

    #[cold]
    fn judge_anew(&self, cached: &CachedRoute) -> Judgement {
        let current = self.current();
        let blocks = |target: &TargetUrl| current.list.find(target).is_some();
        let judgement = Judgement {
            target_blocked: blocks(&cached.route.target),
            fallback_blocked: cached.route.fallback.as_ref().is_some_and(blocks),
        };
        cached.judged.0.store(current.generation << BITS | judgement.bits(), Ordering::Relaxed);
        judgement
    }

    /// The number of patterns, and their memory.
    pub fn size(&self) -> (usize, usize) {
        let current = self.current();
        (current.list.len(), current.list.memory())
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Judgement {
    fn bits(self) -> u64 {
        u64::from(self.target_blocked) * TARGET_BIT
            + u64::from(self.fallback_blocked) * FALLBACK_BIT
    }

    fn of_bits(bits: u64) -> Self {
        Self { target_blocked: bits & TARGET_BIT != 0, fallback_blocked: bits & FALLBACK_BIT != 0 }
    }
}

#[cfg(test)]
mod tests;
