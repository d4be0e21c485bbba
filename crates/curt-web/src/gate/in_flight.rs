//! Guesses at passwords of links that are being checked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curt_cache::LimitKey;

/// The keys of all guesses being checked, a few dozen at most: as many as may wait for a hash.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<Vec<LimitKey>>>);

impl InFlight {
    /// Forgets one guess for each of these keys.
    pub(super) fn end(&self, ended: impl Iterator<Item = LimitKey>) {
        let mut keys = self.lock();
        for key in ended {
            if let Some(index) = keys.iter().position(|known| *known == key) {
                keys.swap_remove(index);
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<LimitKey>> {
        // Every change leaves the list valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
