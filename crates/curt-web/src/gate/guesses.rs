//! Guesses at the passwords of links, from when they are counted until it is known what they were.
//!
//! A guess counts as wrong before it is looked at, or many at a time would all be the first. One
//! that was right, or that nobody waits for any more, is given back. So whoever is refused while
//! others are looked at has not been wrong too often yet, and is asked to come again in a moment.

use std::{net::IpAddr, time::Instant};

use curt_cache::{Decision, LimitKey, Purpose};
use curt_domain::LinkId;

use crate::{
    gate::{Gate, verdict},
    response::ApiError,
};

/// A guess that has been counted as a wrong one; given back unless that is what it was.
pub(crate) struct LinkPasswordGuess<'a> {
    gate: &'a Gate,
    counted: Vec<CountedLimit>,
    at: Instant,
}

struct CountedLimit {
    purpose: Purpose,
    key: LimitKey,
    decision: Decision,
}

impl Gate {
    /// One more guess at the password of a link.
    pub(crate) fn guess(
        &self,
        link: LinkId,
        client: IpAddr,
    ) -> Result<LinkPasswordGuess<'_>, ApiError> {
        // Right or wrong: each keeps a core busy for a while.
        self.admit(Purpose::Unlock, client)?;
        let mut guess =
            LinkPasswordGuess { gate: self, counted: Vec::new(), at: self.clock.instant() };
        let own = LimitKey::link_and_client(link.get(), client);
        guess
            .count(Purpose::LinkPassword, own)
            .inspect_err(|(decision, _)| {
                self.note(*decision, client);
            })
            .map_err(|(_, error)| error)?;
        // What others have guessed is no fault of this client.
        guess.count(Purpose::LinkGuess, LimitKey::link(link.get())).map_err(|(_, error)| error)?;
        Ok(guess)
    }
}

impl LinkPasswordGuess<'_> {
    fn count(&mut self, purpose: Purpose, key: LimitKey) -> Result<(), (Decision, ApiError)> {
        let mut in_flight = self.gate.guesses.lock();
        let decision = self.gate.limits.take(purpose, key, self.at);
        match verdict(purpose, decision) {
            Ok(()) => {
                in_flight.push(key);
                self.counted.push(CountedLimit { purpose, key, decision });
                Ok(())
            }
            // Those that are right make room again.
            Err(_) if in_flight.contains(&key) => Err((Decision::Unlimited, ApiError::TooBusy)),
            Err(error) => Err((decision, error)),
        }
    }

    /// It stays counted.
    pub(crate) fn was_wrong(mut self) {
        self.gate.guesses.end(self.counted.iter().map(|counted| counted.key));
        self.counted.clear();
    }
}

impl Drop for LinkPasswordGuess<'_> {
    fn drop(&mut self) {
        let now = self.gate.clock.instant();
        for CountedLimit { purpose, key, decision } in &self.counted {
            self.gate.limits.give_back(*purpose, *key, *decision, self.at, now);
        }
        self.gate.guesses.end(self.counted.iter().map(|counted| counted.key));
    }
}
