//! Guesses at the passwords of links, from when they are counted until their outcome is known.
//!
//! A guess counts as wrong before it is checked; otherwise many at once would all be the first. A
//! right guess, or one whose client left, is given back. So a client refused while other guesses
//! are checked has not been wrong too often yet, and is asked to retry in a moment.

use std::{net::IpAddr, time::Instant};

use curt_cache::{Decision, LimitKey, Purpose};
use curt_domain::LinkId;

use crate::{
    gate::{Gate, verdict},
    response::ApiError,
};

/// A guess that has been counted as wrong; given back on drop unless it was wrong.
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
    /// Counts one more guess at a link's password.
    pub(crate) fn guess(
        &self,
        link: LinkId,
        client: IpAddr,
    ) -> Result<LinkPasswordGuess<'_>, ApiError> {
        // Right or wrong, each guess keeps a core busy for a while.
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
        // This client is not to blame for the guesses of others.
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
            // Right guesses among them will make room again.
            Err(_) if in_flight.contains(&key) => Err((Decision::Unlimited, ApiError::TooBusy)),
            Err(error) => Err((decision, error)),
        }
    }

    /// The guess stays counted.
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
