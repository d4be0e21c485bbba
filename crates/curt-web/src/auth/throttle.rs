//! Guesses at one account's password, from any client: after ten wrong ones in a row there are
//! pauses, which get longer.
//!
//! A browser that the user logged in from before (`devices`) is counted apart, so that the guesses
//! of others lock no user out. Addresses without an account are counted like all others: a pause
//! tells nothing. Each node counts for itself, and forgets at a restart.
//!
//! A guess is counted before its password is checked; otherwise many at once would all be the
//! first.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use curt_domain::Timestamp;

/// Wrong passwords in a row that cause no pause.
const FREE_FAILURES: u32 = 10;

/// The first pause; every further failure doubles it.
const PAUSE_MIN: Duration = Duration::from_mins(1);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// Failures in a row after which only one guess a day is allowed (NIST SP 800-63B: no more than
/// 100). Reaching them takes four days of guessing.
const FAILURES_MAX: u32 = 100;
const LAST_PAUSE: Duration = Duration::from_hours(24);

/// Accounts share this many counters, by a secret hash: a mebibyte, whatever happens. A shared
/// counter is too strict at worst.
const COUNTERS: usize = 1 << 16;

/// Counts failures in a row.
#[derive(Debug)]
pub(crate) struct LoginThrottle {
    counters: Mutex<Vec<Failures>>,
    hashes: RandomState,
}

/// Whose guesses are counted together.
///
/// AUTH-04: the account's epoch is part of it. Every new password raises it, so a user who got a
/// new password from an administrator starts a new row on every node, whatever others have guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Guesser<'a> {
    /// Any client that tries this address.
    Anybody { email: &'a str, epoch: Option<u64> },
    /// A browser that the user logged in from before.
    Device { cookie: &'a str, epoch: Option<u64> },
}

/// A guess counted as wrong, unless its outcome is reported otherwise.
#[must_use = "it is counted as wrong"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoginGuess<'a> {
    guesser: Guesser<'a>,
    before: Failures,
    counted: Failures,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Failures {
    count: u32,
    /// In milliseconds since 1970.
    latest_at: i64,
}

/// The time until the next guess is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub Duration);

impl LoginThrottle {
    pub(crate) fn new() -> Self {
        Self { counters: Mutex::default(), hashes: RandomState::new() }
    }

    /// Counts a guess as wrong until [`LoginThrottle::succeeded`] says otherwise.
    pub(crate) fn guess<'a>(
        &self,
        guesser: Guesser<'a>,
        now: Timestamp,
    ) -> Result<LoginGuess<'a>, RetryAfter> {
        self.with(guesser, |failures| {
            let before = *failures;
            failures.add(now)?;
            Ok(LoginGuess { guesser, before, counted: *failures })
        })
    }

    /// The password was right, which ends the row.
    pub(crate) fn succeeded(&self, guess: LoginGuess<'_>) {
        self.with(guess.guesser, |failures| *failures = Failures::default());
    }

    /// The password was not checked after all, so the guess begins no pause; a later guess still
    /// does.
    pub(crate) fn take_back(&self, guess: LoginGuess<'_>) {
        self.with(guess.guesser, |failures| {
            failures.count = failures.count.saturating_sub(1);
            if failures.latest_at == guess.counted.latest_at {
                failures.latest_at = guess.before.latest_at;
            }
        });
    }

    fn with<T>(&self, guesser: Guesser<'_>, change: impl FnOnce(&mut Failures) -> T) -> T {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        // Allocated on first use: most commands never check a login.
        if counters.is_empty() {
            counters.resize(COUNTERS, Failures::default());
        }
        let hash = self.hashes.hash_one(guesser);
        let index = usize::try_from(hash % COUNTERS as u64).expect("counters are numbered so");
        change(&mut counters[index])
    }
}

impl Failures {
    fn add(&mut self, now: Timestamp) -> Result<(), RetryAfter> {
        let pause = pause_after(self.count);
        // A clock that was set back lengthens no pause.
        let since = now.since(Timestamp::from_millis(self.latest_at));
        if since < pause && self.latest_at <= now.as_millis() {
            return Err(RetryAfter(pause.saturating_sub(since)));
        }
        *self = Self { count: self.count.saturating_add(1), latest_at: now.as_millis() };
        Ok(())
    }
}

fn pause_after(failures: u32) -> Duration {
    if FAILURES_MAX <= failures {
        return LAST_PAUSE;
    }
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(doublings) => PAUSE_MIN.saturating_mul(1 << doublings.min(16)).min(PAUSE_MAX),
    }
}

#[cfg(test)]
mod tests;
