//! An answer that many callers ask for: made once at a time, and kept for a while (single flight).
//!
//! **Invariant:** of two callers that ask at once, one makes the answer and the other takes it. A
//! caller that disconnects does not cancel the work; otherwise a flood of aborted requests would
//! restart it each time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use curt_domain::Clock;

/// An answer that counts as fresh for `keep_for`.
pub(crate) struct Memo<T> {
    keep_for: Duration,
    state: Arc<Mutex<State<T>>>,
    /// Held while the answer is made.
    making: Arc<tokio::sync::Mutex<()>>,
}

struct State<T> {
    /// Counts the calls of [`Memo::forget`].
    generation: u64,
    kept: Option<Stamped<T>>,
}

/// A value, and when it was made.
#[derive(Clone)]
pub(crate) struct Stamped<T> {
    pub value: T,
    pub at: Instant,
}

impl<T: Clone + Send + 'static> Memo<T> {
    pub(crate) fn new(keep_for: Duration) -> Self {
        Self {
            keep_for,
            state: Arc::new(Mutex::new(State { generation: 0, kept: None })),
            making: Arc::default(),
        }
    }

    /// The kept answer, or one made now. A failure goes to its own caller and is not kept: the next
    /// caller in the queue tries again.
    pub(crate) async fn get<E: Send + 'static>(
        &self,
        clock: &Clock,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<Stamped<T>, E> {
        if let Some(kept) = self.fresh(clock.instant()) {
            return Ok(kept);
        }
        let turn = Arc::clone(&self.making).lock_owned().await;
        if let Some(kept) = self.fresh(clock.instant()) {
            return Ok(kept);
        }
        let generation = self.lock().generation;
        let (state, clock) = (Arc::clone(&self.state), clock.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the store's time limit; at the end of the server nobody asks for it"
        )]
        let made = tokio::spawn(async move {
            let done = work.await;
            let done = done.map(|value| Stamped { value, at: clock.instant() });
            let mut state = lock(&state);
            if let Ok(made) = &done
                && state.generation == generation
            {
                state.kept = Some(made.clone());
            }
            drop((state, turn));
            done
        });
        match made.await {
            Ok(made) => made,
            // These tasks are never aborted: the task panicked, and its caller panics too.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// An answer being made at the moment is not kept either.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.generation += 1;
        state.kept = None;
    }

    fn fresh(&self, now: Instant) -> Option<Stamped<T>> {
        let is_fresh = |kept: &&Stamped<T>| now.saturating_duration_since(kept.at) < self.keep_for;
        self.lock().kept.as_ref().filter(is_fresh).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    // Nothing panics while it is held.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
