//! What many ask for and few pay for: an answer that is kept for a while, and made once at a time.
//!
//! **Invariant:** of two that ask at once one makes the answer, and the other takes it. Who goes away
//! meanwhile ends nothing: otherwise a flood that asks and hangs up would begin anew each time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use curt_domain::Clock;

/// An answer that is as good as new for so long.
pub(crate) struct Kept<T> {
    keep_for: Duration,
    answer: Arc<Mutex<Answer<T>>>,
    /// Held while the answer is made.
    making: Arc<tokio::sync::Mutex<()>>,
}

struct Answer<T> {
    /// Counts how often it was forgotten.
    generation: u64,
    kept: Option<Timed<T>>,
}

/// Something, and when it was made.
#[derive(Clone)]
pub(crate) struct Timed<T> {
    pub value: T,
    pub at: Instant,
}

impl<T: Clone + Send + 'static> Kept<T> {
    pub(crate) fn new(keep_for: Duration) -> Self {
        Self {
            keep_for,
            answer: Arc::new(Mutex::new(Answer { generation: 0, kept: None })),
            making: Arc::default(),
        }
    }

    /// What is kept, or what is made now. A failure is told to who asked and is not kept: the next in
    /// the queue tries again.
    pub(crate) async fn get<E: Send + 'static>(
        &self,
        clock: &Clock,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<Timed<T>, E> {
        if let Some(kept) = self.fresh(clock.instant()) {
            return Ok(kept);
        }
        let turn = Arc::clone(&self.making).lock_owned().await;
        if let Some(kept) = self.fresh(clock.instant()) {
            return Ok(kept);
        }
        let generation = self.lock().generation;
        let (answer, clock) = (Arc::clone(&self.answer), clock.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the store's time limit; at the end of the server nobody asks for it"
        )]
        let made = tokio::spawn(async move {
            let done = work.await;
            let done = done.map(|value| Timed { value, at: clock.instant() });
            let mut answer = lock(&answer);
            if let Ok(made) = &done
                && answer.generation == generation
            {
                answer.kept = Some(made.clone());
            }
            drop((answer, turn));
            done
        });
        match made.await {
            Ok(made) => made,
            // Nobody aborts these tasks: it panicked, and so does who waits for it.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// What is being made at the moment is not kept either.
    pub(crate) fn forget(&self) {
        let mut answer = self.lock();
        answer.generation += 1;
        answer.kept = None;
    }

    fn fresh(&self, now: Instant) -> Option<Timed<T>> {
        let is_fresh = |kept: &&Timed<T>| now.saturating_duration_since(kept.at) < self.keep_for;
        self.lock().kept.as_ref().filter(is_fresh).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Answer<T>> {
        lock(&self.answer)
    }
}

fn lock<T>(answer: &Mutex<Answer<T>>) -> MutexGuard<'_, Answer<T>> {
    // Nothing panics while it is held.
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
